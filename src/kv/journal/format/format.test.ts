import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asBuffer, concatBytes } from '../../../base/bytes.ts';
import { crc32c } from '../../../base/hash.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { seededRandom } from '../../../base/random.ts';
import { decodeChanges, encodeChanges } from './change-codec.ts';
import { decodeLogHeader, encodeLogHeader, type LogHeader } from './log-header.ts';
import {
  type Content,
  contentOf,
  decodeBody,
  decodeFrameHead,
  type EncodedRecord,
  encodeRecord,
  frameHeadBytes,
  frameRecord,
  type RecordInput,
} from './record.ts';
import { decodeChunkHead, encodeChunk } from './snapshot-chunk.ts';

const random = seededRandom(5);
const bytes = fc.uint8Array({ maxLength: 40 });
const change = fc.record({
  revision: fc.maxSafeNat(),
  puts: fc.array(fc.record({ key: bytes, value: bytes }), { maxLength: 4 }),
  deletes: fc.array(bytes, { maxLength: 4 }),
});

function inputOf(content: Content): RecordInput {
  const term = { number: 7, nonce: newId(random) };
  const previous = { sequence: 41, term, revision: 30, hash: random.bytes(32) };
  return { storeId: newId<StoreId>(random), previous, term, committed: 40, content };
}

function decode(frame: readonly Uint8Array[]): EncodedRecord | undefined {
  const all = concatBytes(...frame);
  const head = decodeFrameHead(all);
  return head === undefined ? undefined : decodeBody(all.subarray(frameHeadBytes), head.bodyCrc);
}

describe('a record', () => {
  test('comes back as it went, with its place in the history', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), (changes) => {
        const input = inputOf({ kind: 'batch', changes });
        const record = encodeRecord(input);
        const decoded = decode(frameRecord(record, 39));
        expect(decoded).toEqual({ ...record, body: decoded?.body });
        expect(decoded && contentOf(decoded)).toEqual(input.content);
        expect(decoded?.previousHash).toEqual(input.previous.hash);
        expect(decoded?.point.sequence).toBe(42);
        expect(decoded?.point.revision).toBe(changes.at(-1)?.revision ?? 30);
      }),
    );
  });

  test('of a term or of a set comes back too', () => {
    const members = [newId<VolumeId>(random), newId<VolumeId>(random)];
    for (const content of [{ kind: 'term' }, { kind: 'set', set: { number: 3, members } }] as const) {
      const decoded = decode(frameRecord(encodeRecord(inputOf(content)), 0));
      expect(decoded && contentOf(decoded)).toEqual(content);
    }
  });

  test('has a frame of 32 bytes and a body of 128 and its payload, as the document says', () => {
    const [head, body] = frameRecord(encodeRecord(inputOf({ kind: 'term' })), 0x0102);
    expect(head?.byteLength).toBe(32);
    expect(body?.byteLength).toBe(128);
    expect(
      asBuffer(head as Uint8Array)
        .subarray(0, 8)
        .toString('hex'),
    ).toBe('43534a5201000000');
    expect(
      asBuffer(head as Uint8Array)
        .subarray(16, 24)
        .toString('hex'),
    ).toBe('0201000000000000');
  });

  test('with any bit flipped is none', () => {
    const frame = concatBytes(...frameRecord(encodeRecord(inputOf({ kind: 'batch', changes: [] })), 1));
    for (let bit = 0; bit < frame.byteLength * 8; bit += 3) {
      const flipped = frame.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const head = decodeFrameHead(flipped);
      const body = flipped.subarray(frameHeadBytes);
      const isFrame =
        head !== undefined && crc32c(body) === head.bodyCrc && decodeBody(body, head.bodyCrc) !== undefined;
      expect(isFrame, `bit ${bit}`).toBe(false);
    }
  });
});

test('changes that end too early are damage', () => {
  const encoded = encodeChanges([
    { revision: 1, puts: [{ key: random.bytes(9), value: random.bytes(9) }], deletes: [] },
  ]);
  for (let end = 0; end < encoded.byteLength; end++) {
    expect(() => decodeChanges(encoded.subarray(0, end))).toThrow(expect.objectContaining({ code: 'format.damaged' }));
  }
});

const header: LogHeader = {
  storeId: newId(random),
  journalId: newId(random),
  fileNumber: 12,
  previous: { sequence: 41, term: { number: 2, nonce: newId(random) }, revision: 30, hash: random.bytes(32) },
  set: { number: 2, members: [newId(random), newId(random), newId(random)] },
};

test('the header of a log file comes back, with its length', () => {
  const encoded = encodeLogHeader(header);
  expect(encoded.byteLength).toBe(110 + 3 * 8);
  expect(decodeLogHeader(concatBytes(encoded, random.bytes(50)))).toEqual({ header, bytes: encoded.byteLength });
  for (let at = 0; at < encoded.byteLength; at++) {
    const damaged = encoded.slice();
    damaged[at] = (damaged[at] as number) ^ 0x55;
    expect(decodeLogHeader(damaged), `byte ${at}`).toBeUndefined();
  }
});

describe('what a newer program wrote is refused, not taken for damage', () => {
  test.each([
    ['a record', frameRecord(encodeRecord(inputOf({ kind: 'term' })), 0)[0] as Uint8Array, decodeFrameHead],
    ['a log file', encodeLogHeader(header), decodeLogHeader],
    ['a snapshot', encodeChunk(1, random.bytes(9))[0] as Uint8Array, decodeChunkHead],
  ])('%s', (_, encoded, decodeIt) => {
    const newer = asBuffer(encoded.slice());
    newer.writeUInt16LE(2, 4);
    newer.writeUInt32LE(crc32c(newer.subarray(0, -4)), newer.byteLength - 4);
    expect(() => decodeIt(newer)).toThrow(expect.objectContaining({ code: 'format.unknown_version' }));
  });
});
