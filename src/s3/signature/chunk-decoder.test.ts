import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256Hex, sign, signedChunks, unsignedChunks } from '../../../test/support/s3-signer.ts';
import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts';
import { deriveSigningKey } from '../../sigv4/signing-key.ts';
import { toFailure } from '../errors.ts';
import { ChunkDecoder, type ChunkDecoderOptions } from './chunk-decoder.ts';
import { ChunkSignatures } from './chunk-signatures.ts';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const scope = { date: '20130524', region: 'us-east-1' };
const crc = ['x-amz-checksum-crc32c', 'sOO8/Q=='] as const;

/** Seeds as the documentation's examples have them. */
function seedOf(signature: string) {
  const signingKey = deriveSigningKey(key.secretAccessKey, scope);
  return { key: signingKey, amzDate: '20130524T000000Z', scope: '20130524/us-east-1/s3/aws4_request', signature };
}

const { seed } = sign(key, {
  method: 'PUT',
  target: '/b/k',
  headers: [['host', 'h']],
  payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  amzDate: '20130524T000000Z',
});

type Form = {
  readonly name: string;
  readonly options: () => Partial<ChunkDecoderOptions>;
  readonly frame: (chunks: Uint8Array[]) => Buffer;
};

const forms: readonly Form[] = [
  {
    name: 'signed',
    options: () => ({ signatures: new ChunkSignatures(seed) }),
    frame: (chunks) => signedChunks(seed, chunks),
  },
  {
    name: 'signed with trailer',
    options: () => ({ signatures: new ChunkSignatures(seed), trailers: [crc[0]] }),
    frame: (chunks) => signedChunks(seed, chunks, crc),
  },
  {
    name: 'unsigned with trailer',
    options: () => ({ trailers: [crc[0]] }),
    frame: (chunks) => unsignedChunks(chunks, crc),
  },
];

type Decoded = { readonly data: Uint8Array; readonly trailers: ReadonlyMap<string, string> };

function decode(pieces: readonly Uint8Array[], options: Partial<ChunkDecoderOptions>): Decoded {
  const decoder = new ChunkDecoder({
    signatures: undefined,
    trailers: [],
    decodedBytes: 0,
    maxHeldBytes: 16 * 2 ** 20,
    ...options,
  });
  const data: Uint8Array[] = [];
  for (const piece of pieces) {
    for (const event of decoder.push(piece)) if (event.kind === 'data') data.push(...event.pieces);
  }
  return { trailers: decoder.finish(), data: concatBytes(...data) };
}

function refusal(pieces: readonly Uint8Array[], options: Partial<ChunkDecoderOptions>): string {
  try {
    decode(pieces, options);
    return 'accepted';
  } catch (error) {
    return toFailure(error).code;
  }
}

const someChunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 5 });

/** Cuts bytes at the given places, whatever they are. */
function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [
    0,
    ...places.map((place) => place % (bytes.byteLength + 1)).toSorted((a, b) => a - b),
    bytes.byteLength,
  ];
  return cuts.slice(1).map((to, at) => bytes.subarray(cuts[at], to));
}

describe('the examples of the S3 documentation', () => {
  const first = utf8('a'.repeat(65_536));
  const second = utf8('a'.repeat(1024));

  test('signed chunks', () => {
    const signatures = new ChunkSignatures(seedOf('4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'));
    const body = [
      '10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n',
      first,
      '\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n',
      second,
      '\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
    ].map((part) => (typeof part === 'string' ? utf8(part) : part));
    const { data } = decode(body, { signatures, decodedBytes: 66_560 });
    expect(sha256Hex(data)).toBe(sha256Hex(concatBytes(first, second)));
  });

  test('signed chunks with a trailer', () => {
    const signatures = new ChunkSignatures(seedOf('106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'));
    const body = [
      '10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n',
      first,
      '\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n',
      second,
      '\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n',
      'x-amz-checksum-crc32c:sOO8/Q==\r\n',
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
    ].map((part) => (typeof part === 'string' ? utf8(part) : part));
    const { trailers } = decode(body, { signatures, trailers: [crc[0]], decodedBytes: 66_560 });
    expect([...trailers]).toEqual([crc]);
  });
});

describe.each(forms)('the $name form', ({ options, frame }) => {
  test('gives the same however its bytes are cut', () => {
    fc.assert(
      fc.property(someChunks, fc.array(fc.nat(), { maxLength: 8 }), (chunks, places) => {
        const data = concatBytes(...chunks);
        const decoded = decode(cutAt(frame(chunks), places), { ...options(), decodedBytes: data.byteLength });
        expect(equalBytes(decoded.data, data)).toBe(true);
        expect([...decoded.trailers]).toEqual(options().trailers === undefined ? [] : [crc]);
      }),
    );
  });

  test('gives the same byte by byte', () => {
    const bytes = frame([utf8('hello'), utf8('world')]);
    const decoded = decode(cutAt(bytes, [...bytes.keys()]), { ...options(), decodedBytes: 10 });
    expect(Buffer.from(decoded.data).toString()).toBe('helloworld');
  });

  test('is refused when it ends early, wherever', () => {
    const bytes = frame([utf8('hello'), utf8('world')]);
    for (let length = 0; length < bytes.byteLength; length++) {
      expect(refusal([bytes.subarray(0, length)], { ...options(), decodedBytes: 10 })).not.toBe('accepted');
    }
  });

  test.each([
    ['more', 9],
    ['less', 11],
  ])('is refused when it holds %s than announced', (_, decodedBytes) => {
    const bytes = frame([utf8('hello'), utf8('world')]);
    expect(['InvalidRequest', 'IncompleteBody']).toContain(refusal([bytes], { ...options(), decodedBytes }));
  });

  test('is refused when bytes follow its end', () => {
    const bytes = frame([utf8('hello')]);
    expect(refusal([bytes, utf8('x')], { ...options(), decodedBytes: 5 })).toBe('InvalidRequest');
  });
});

describe('what a stranger may try', () => {
  const chunks = [utf8('hello'), utf8('world')];

  test('any changed byte of a signed body is found, or changes nothing', () => {
    const bytes = signedChunks(seed, chunks, crc);
    const options = () => ({ signatures: new ChunkSignatures(seed), trailers: [crc[0]], decodedBytes: 10 });
    const intact = decode([bytes], options());
    fc.assert(
      fc.property(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = new Uint8Array(bytes);
        changed[at] = (changed[at] as number) ^ change;
        let decoded: Decoded;
        try {
          decoded = decode([changed], options());
        } catch {
          return;
        }
        // the case of a hex digit in a size, of a letter in a trailer's name
        expect(String.fromCharCode(bytes[at] as number).toLowerCase()).toBe(
          String.fromCharCode(changed[at] as number).toLowerCase(),
        );
        expect(decoded).toEqual(intact);
      }),
      { numRuns: 2000 },
    );
  });

  test('nothing of a chunk comes out before its signature verified', () => {
    const bytes = signedChunks(seed, chunks);
    bytes[bytes.indexOf('world')] = 0x57;
    const decoder = new ChunkDecoder({
      signatures: new ChunkSignatures(seed),
      trailers: [],
      decodedBytes: 10,
      maxHeldBytes: 100,
    });
    const seen: string[] = [];
    expect(() => {
      for (const event of decoder.push(bytes)) {
        if (event.kind === 'data') seen.push(Buffer.concat(event.pieces).toString());
        else seen.push(`hold ${event.bytes}`);
      }
    }).toThrow();
    expect(seen).toEqual(['hold 5', 'hello', 'hold 5']);
  });

  test('a chunk left out, two chunks swapped, a chunk of another body', () => {
    const options = () => ({ signatures: new ChunkSignatures(seed), decodedBytes: 10 });
    const line = (text: string) => text.split('\r\n');
    const [headA, dataA, headB, dataB, ...end] = line(signedChunks(seed, chunks).toString('latin1'));
    const join = (...parts: readonly (string | undefined)[]) => Buffer.from([...parts, ...end].join('\r\n'), 'latin1');
    expect(refusal([join(headA, dataA, headB, dataB)], options())).toBe('accepted');
    expect(refusal([join(headB, dataB, headA, dataA)], options())).toBe('SignatureDoesNotMatch');
    expect(refusal([join(headA, dataA)], { ...options(), decodedBytes: 5 })).toBe('SignatureDoesNotMatch');
    const other = new ChunkSignatures({ ...seed, signature: '0'.repeat(64) });
    expect(refusal([signedChunks(seed, chunks)], { signatures: other, decodedBytes: 10 })).toBe(
      'SignatureDoesNotMatch',
    );
  });

  test('a signed chunk larger than may be held, before it is sent', () => {
    const head = utf8(`${(101).toString(16)};chunk-signature=${'0'.repeat(64)}\r\n`);
    const options = { signatures: new ChunkSignatures(seed), decodedBytes: 1000, maxHeldBytes: 100 };
    expect(refusal([head], options)).toBe('EntityTooLarge');
  });

  test.each([
    ['a size that is no number', 'xyz\r\n'],
    ['an empty size', '\r\n'],
    ['a negative size', '-1\r\n'],
    ['a size with 0x', '0x5\r\n'],
    ['a size beyond counting', `${'f'.repeat(13)}\r\n`],
    ['an extension without end', `5;${'x'.repeat(2000)}`],
    ['a signature where none belongs', `5;chunk-signature=${'0'.repeat(64)}\r\nhello\r\n`],
    ['a bare line feed', '5\nhello\n'],
    ['data longer than its size', '5\r\nhelloworld\r\n'],
    ['a trailer that was not announced', '5\r\nhello\r\n0\r\nx-amz-meta-a:1\r\n\r\n'],
    ['no trailer', '5\r\nhello\r\n0\r\n\r\n'],
    ['a trailer twice', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:a\r\nx-amz-checksum-crc32c:a\r\n\r\n'],
    ['a trailer without colon', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32c\r\n\r\n'],
    ['a trailer with a line feed inside', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:a\nb\r\n\r\n'],
  ])('%s', (_, body) => {
    const code = refusal([utf8(body)], { trailers: [crc[0]], decodedBytes: 5 });
    expect(['InvalidRequest', 'IncompleteBody']).toContain(code);
  });

  test('a signed trailer without its signature, or with one that only begins right', () => {
    const options = () => ({ signatures: new ChunkSignatures(seed), trailers: [crc[0]], decodedBytes: 10 });
    const text = signedChunks(seed, chunks, crc).toString('latin1');
    const without = text.replace(/x-amz-trailer-signature:.*\r\n/, '');
    const longer = text.replace(/(x-amz-trailer-signature:.*)\r\n/, '$1zz\r\n');
    expect(refusal([Buffer.from(text, 'latin1')], options())).toBe('accepted');
    expect(refusal([Buffer.from(without, 'latin1')], options())).toBe('SignatureDoesNotMatch');
    expect(refusal([Buffer.from(longer, 'latin1')], options())).toBe('SignatureDoesNotMatch');
  });
});
