/** Why: every way in which a body can travel, crossed with every way to tamper with it: nothing of it may be stored. */
import { createHash } from 'node:crypto';
import { type HeaderList, type Signed, sha256Hex, signedChunks, unsignedChunks } from '../../support/s3-signer.ts';
import { type Draft, withBody, withHeaders } from '../draft.ts';
import { type Defect, otherLastDigit, plusHeaders, type Signer, type Wire, withHeader } from '../wire.ts';

type Seed = Signed['seed'];

const mismatch = 'SignatureDoesNotMatch';
const checksumDigestBytes = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const;
const wrongChecksums: HeaderList = Object.entries(checksumDigestBytes).map(([kind, bytes]) => [
  `x-amz-checksum-${kind}`,
  Buffer.alloc(bytes, 0x5a).toString('base64'),
]);
const checksumNames: ReadonlySet<string> = new Set(wrongChecksums.map(([name]) => name));

function md5(bytes: Uint8Array | string): string {
  return createHash('md5').update(bytes).digest('base64');
}

/** One byte of the body changed on its way. */
function changed(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

/** A header that is signed and does not fit the body. */
function lying(mode: string, header: readonly [string, string], code: Defect['code']): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const payload = mode === 'unsigned' ? 'UNSIGNED-PAYLOAD' : draft.payload;
    return signer.signed(withHeaders({ ...draft, payload }, header));
  };
  const isHeadChecksum = checksumNames.has(header[0]);
  return { name: `${mode}: ${header.join(' ')}`, code, isHeadChecksum, wire };
}

function whole(mode: string): readonly Defect[] {
  return [
    ...wrongChecksums.map((header) => lying(mode, header, 'BadDigest')),
    lying(mode, ['content-md5', md5('another')], 'BadDigest'),
    lying(mode, ['content-md5', 'not-base64'], 'InvalidDigest'),
    lying(mode, ['x-amz-checksum-crc32', 'AAAA'], 'InvalidRequest'),
    lying(mode, ['x-amz-checksum-crc16', 'AAA='], 'NotImplemented'),
    lying(mode, ['x-amz-sdk-checksum-algorithm', 'CRC32'], 'InvalidRequest'),
    lying(mode, ['x-amz-trailer', 'x-amz-checksum-crc32'], 'InvalidRequest'),
  ];
}

const hashed: readonly Defect[] = [
  {
    name: 'hashed: another body than was signed',
    code: 'XAmzContentSHA256Mismatch',
    wire: (draft, signer) => ({ ...signer.signed(draft), body: changed(draft.body) }),
  },
  {
    name: 'hashed: a shorter body than was signed',
    code: 'XAmzContentSHA256Mismatch',
    wire: (draft, signer) => {
      const shorter = draft.body.subarray(0, -1);
      return { ...signer.signed({ ...withBody(draft, shorter), payload: draft.payload }), body: shorter };
    },
  },
  {
    name: 'hashed: the hash of nothing',
    code: 'XAmzContentSHA256Mismatch',
    wire: (draft, signer) => signer.signed({ ...draft, payload: sha256Hex('') }),
  },
  {
    name: 'hashed: two checksums',
    code: 'InvalidRequest',
    isHeadChecksum: true,
    wire: (draft, signer) => signer.signed(withHeaders(draft, ...wrongChecksums.slice(0, 2))),
  },
];

type Framed = {
  readonly payload: string;
  readonly trailer?: string;
  readonly decodedBytes?: string | undefined;
  readonly body: (seed: Seed) => Buffer;
  readonly halfClose?: boolean;
};

/** Sends it as aws-chunked; the length of the framing is not among what is signed. */
function framedWire(draft: Draft, signer: Signer, framed: Framed): Wire {
  const { payload, trailer, decodedBytes = String(draft.body.byteLength), body, halfClose = false } = framed;
  const headers: HeaderList = [
    ...draft.headers.filter(([name]) => name !== 'content-length'),
    ['content-encoding', 'aws-chunked'],
    ...(decodedBytes === '' ? [] : [['x-amz-decoded-content-length', decodedBytes] as const]),
    ...(trailer === undefined ? [] : [['x-amz-trailer', trailer] as const]),
  ];
  const { seed, ...signed } = signer.signed({ ...draft, headers, payload });
  const bytes = body(seed);
  const announced = halfClose ? bytes.byteLength + 1000 : bytes.byteLength;
  return plusHeaders({ ...signed, body: bytes, halfClose }, ['content-length', String(announced)]);
}

function halves(body: Buffer): readonly Buffer[] {
  const middle = body.byteLength >> 1;
  return [body.subarray(0, middle), body.subarray(middle)];
}

/** Edits text whose characters are bytes. */
function editBytes(bytes: Buffer, edit: (text: string) => string): Buffer {
  return Buffer.from(edit(bytes.toString('latin1')), 'latin1');
}

type ChunkEdit = (text: string, draft: Draft) => string;
type ChunkDefect = readonly [name: string, code: Defect['code'], edit: ChunkEdit, framed?: Partial<Framed>];

function signedDefect([name, code, edit, framed = {}]: ChunkDefect): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const body = (seed: Seed) => editBytes(signedChunks(seed, halves(draft.body)), (text) => edit(text, draft));
    return framedWire(draft, signer, { payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', body, ...framed });
  };
  return { name: `signed chunks: ${name}`, code, wire };
}

/** The chunks as text, head and data each, the last one too. */
function chunksOf(text: string): readonly string[] {
  return text.split(/(?=[0-9a-f]+;chunk-signature=)/);
}

const lastSignature = /[0-9a-f](?=\r\n\r\n$)/;
const invalid = 'InvalidRequest';

const signedChunkDefects = (
  [
    ['changed data', mismatch, (text) => text.replace(/\r\n([^\r])/, (_, byte: string) => `\r\n${otherByte(byte)}`)],
    ['a changed signature', mismatch, (text) => text.replace(/chunk-signature=./, (all) => otherLastDigit(all))],
    ['a changed last signature', mismatch, (text) => text.replace(lastSignature, (digit) => otherLastDigit(digit))],
    ['chunks in another order', mismatch, (text) => swapped(chunksOf(text)).join('')],
    ['a chunk left out', 'SignatureDoesNotMatch', (text) => chunksOf(text).slice(1).join('')],
    ['a chunk twice', mismatch, (text) => [chunksOf(text)[0], ...chunksOf(text)].join(''), { decodedBytes: '1000' }],
    ['no last chunk', 'IncompleteBody', (text) => chunksOf(text).slice(0, -1).join('')],
    ['an end in the middle of a chunk', 'IncompleteBody', (text) => text.slice(0, 100), { halfClose: true }],
    ['a body longer than it is', 'IncompleteBody', (text) => text, { decodedBytes: '1000' }],
    ['a body shorter than it is', invalid, (text) => text, { decodedBytes: '12' }],
    ['no length of the body', 'MissingContentLength', (text) => text, { decodedBytes: '' }],
    ['a length that is none', 'InvalidArgument', (text) => text, { decodedBytes: '-1' }],
    ['a huge size', invalid, (text) => text.replace(/^[0-9a-f]+/, 'ffffffffffff')],
    ['a size beyond all numbers', invalid, (text) => text.replace(/^[0-9a-f]+/, 'f'.repeat(40))],
    ['a size that is no number', invalid, (text) => text.replace(/^[0-9a-f]+/, 'zz')],
    ['another extension', invalid, (text) => text.replace(';', ';name=value;')],
    ['an extension without end', invalid, (text) => text.replace(';', `;${'x'.repeat(5000)};`)],
    ['a chunk without signature', invalid, (text) => text.replace(/;chunk-signature=[0-9a-f]+/, '')],
    ['a bare line feed', invalid, (text) => text.replace('\r\n', '\n')],
    ['bytes behind the end', invalid, (text) => `${text}more`],
    [
      'a trailer that nobody announced',
      invalid,
      (text) => text.replace(/\r\n$/, 'x-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
    ],
  ] satisfies readonly ChunkDefect[]
).map(signedDefect);

function otherByte(byte: string): string {
  return String.fromCharCode(byte.charCodeAt(0) ^ 1);
}

function swapped([first = '', second = '', ...rest]: readonly string[]): readonly string[] {
  return [second, first, ...rest];
}

const sha256Trailer = 'x-amz-checksum-sha256';

function sha256Base64(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

type TrailerDefect = readonly [name: string, code: Defect['code'], edit: ChunkEdit, trailer?: string];

function signedTrailerDefect([name, code, edit, trailer = sha256Trailer]: TrailerDefect): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const value = name.includes('signed well') ? sha256Base64(Buffer.from('other')) : sha256Base64(draft.body);
    const body = (seed: Seed) =>
      editBytes(signedChunks(seed, halves(draft.body), [sha256Trailer, value]), (text) => edit(text, draft));
    return framedWire(draft, signer, { payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', trailer, body });
  };
  return { name: `signed chunks with trailer: ${name}`, code, wire };
}

const signedTrailerDefects = (
  [
    ['changed data', mismatch, (text) => text.replace(/\r\n([^\r])/, (_, byte: string) => `\r\n${otherByte(byte)}`)],
    [
      'a changed value',
      mismatch,
      (text) => text.replace(/(sha256:)(.)/, (_, name: string, c: string) => name + (c === 'A' ? 'B' : 'A')),
    ],
    ['a changed signature', mismatch, (text) => text.replace(lastSignature, (digit) => otherLastDigit(digit))],
    ['no signature', mismatch, (text) => text.replace(/x-amz-trailer-signature:.*\r\n/, '')],
    ['a signature that is none', mismatch, (text) => text.replace(/(trailer-signature:).*\r\n/, '$1x\r\n')],
    ['two signatures', invalid, (text) => text.replace(/x-amz-trailer-signature:.*\r\n/, '$&$&')],
    ['no trailer', invalid, (text) => text.replace(/x-amz-checksum-sha256:.*\r\n/, '')],
    ['the trailer twice', invalid, (text) => text.replace(/x-amz-checksum-sha256:.*\r\n/, '$&$&')],
    ['another trailer than announced', invalid, (text) => text, 'x-amz-checksum-sha1'],
    ['a trailer that is no checksum', 'NotImplemented', (text) => text, 'x-amz-meta-a'],
    ['a checksum signed well, of another body', 'BadDigest', (text) => text],
    ['a trailer without end', invalid, (text) => text.replace('sha256:', `sha256:${'x'.repeat(5000)}`)],
  ] satisfies readonly TrailerDefect[]
).map(signedTrailerDefect);

function unsignedTrailerDefect([name, code, edit, trailer = sha256Trailer]: TrailerDefect): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const value = [sha256Trailer, sha256Base64(draft.body)] as const;
    const body = () => editBytes(unsignedChunks(halves(draft.body), value), (text) => edit(text, draft));
    return framedWire(draft, signer, { payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', trailer, body });
  };
  return { name: `unsigned chunks with trailer: ${name}`, code, wire };
}

const unsignedTrailerDefects: readonly Defect[] = (
  [
    ['changed data', 'BadDigest', (text) => text.replace(/\r\n([^\r])/, (_, byte: string) => `\r\n${otherByte(byte)}`)],
    ['no trailer', invalid, (text) => text.replace(/x-amz-checksum-sha256:.*\r\n/, '')],
    ['the trailer twice', invalid, (text) => text.replace(/x-amz-checksum-sha256:.*\r\n/, '$&$&')],
    ['a value that is none', invalid, (text) => text.replace(/sha256:.*\r\n/, 'sha256:x\r\n')],
    ['another trailer than announced', invalid, (text) => text, 'x-amz-checksum-sha1'],
    [
      'a signature where none belongs',
      invalid,
      (text) => text.replace(/\r\n$/, `x-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\n`),
    ],
    ['signed chunks instead', invalid, (text) => text.replace('\r\n', `;chunk-signature=${'0'.repeat(64)}\r\n`)],
    ['no last chunk', 'IncompleteBody', (text) => text.replace(/0\r\nx-amz.*/s, '')],
    ['a chunk longer than its size', invalid, (text) => text.replace(/^[0-9a-f]+/, '2')],
  ] satisfies readonly TrailerDefect[]
).map(unsignedTrailerDefect);

const wrongTrailers = wrongChecksums.map(([name, value]): Defect => {
  const wire: Defect['wire'] = (draft, signer) => {
    const body = () => unsignedChunks(halves(draft.body), [name, value]);
    return framedWire(draft, signer, { payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', trailer: name, body });
  };
  return { name: `unsigned chunks with trailer: ${name} of another body`, code: 'BadDigest', wire };
});

const noTrailerAnnounced: Defect = {
  name: 'unsigned chunks: no trailer announced',
  code: invalid,
  wire: (draft, signer) => {
    const body = () => unsignedChunks(halves(draft.body), [sha256Trailer, sha256Base64(draft.body)]);
    return framedWire(draft, signer, { payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', body });
  },
};

/** A URL says of its body what the query says, or nothing; a mode that nobody signed changes nothing. */
const presigned: readonly Defect[] = [
  {
    name: 'presigned: another body than its checksum says',
    code: 'BadDigest',
    isHeadChecksum: true,
    wire: (draft, signer) => signer.presigned(draft, { query: wrongChecksums.slice(0, 1) }),
  },
  {
    name: 'presigned: an unsigned streaming mode beside it',
    code: 'AccessDenied',
    wire: (draft, signer) =>
      plusHeaders(signer.presigned(draft), ['x-amz-content-sha256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']),
  },
  {
    name: 'hashed: a streaming mode put in its place',
    code: mismatch,
    wire: (draft, signer) =>
      withHeader(signer.signed(draft), 'x-amz-content-sha256', () => 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'),
  },
];

export const payloadDefects: readonly Defect[] = [
  ...hashed,
  ...whole('hashed'),
  ...whole('unsigned'),
  ...signedChunkDefects,
  ...signedTrailerDefects,
  ...unsignedTrailerDefects,
  ...wrongTrailers,
  noTrailerAnnounced,
  ...presigned,
];

/** Bodies as they should be, one for each way to travel. */
export const goodPayloads: Readonly<Record<string, Defect['wire']>> = {
  hashed: (draft, signer) => signer.signed(withHeaders(draft, ['content-md5', md5(draft.body)])),
  unsigned: (draft, signer) => signer.signed({ ...draft, payload: 'UNSIGNED-PAYLOAD' }),
  'signed chunks': (draft, signer) => signedDefect(['', invalid, (text) => text]).wire(draft, signer),
  'signed chunks with trailer': (draft, signer) =>
    signedTrailerDefect(['', invalid, (text) => text]).wire(draft, signer),
  'unsigned chunks with trailer': (draft, signer) =>
    unsignedTrailerDefect(['', invalid, (text) => text]).wire(draft, signer),
  presigned: (draft, signer) => signer.presigned(draft),
};

export const unwantedBody: Defect = {
  name: 'a body where none is taken',
  code: invalid,
  wire: (draft, signer) => signer.signed(withBody(draft, Buffer.from('surprise'))),
};
