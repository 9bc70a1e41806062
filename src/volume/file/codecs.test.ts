import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, hex, utf8 } from '../../base/bytes.ts';
import { crc32c } from '../../base/hash.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import { decodeFrameHeader, encodeFrameHeader, type Frame, frameBytesOf, segmentSeed } from './frame.ts';
import { decodeIdentity, encodeIdentity, type Incarnation } from './identity.ts';
import { parseSegmentFileName, segmentPath, sidecarPath } from './paths.ts';
import { type IndexRecord, RecordList, readRecord, recordBytes, recordsIn, writeRecord } from './record.ts';
import { checkSegmentHeader, encodeSegmentHeader } from './segment-header.ts';
import { decodeSidecar, encodeSidecarHeader } from './sidecar.ts';

const identity = {
  storeId: '0102030405060708' as StoreId,
  volumeId: '1112131415161718' as VolumeId,
  incarnation: '2122232425262728' as Incarnation,
  createdAtMs: 1_800_000_000_000,
};

const address = Uint8Array.from({ length: 36 }, (_, at) => at);

const example: Frame = {
  kind: 'put',
  address,
  segment: 5,
  position: 64,
  storedBytes: 0x01020304,
  sequence: 0x060504030201,
  writtenAtMs: 0x161514131211,
};

const anyFrame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom('put', 'tombstone'),
  address: fc.uint8Array({ minLength: 36, maxLength: 36 }),
  segment: fc.nat(0xffffffff),
  position: fc.nat(2 ** 31).map((units) => units * 64),
  storedBytes: fc.nat(0xffffffff),
  sequence: fc.nat(2 ** 48 - 1),
  writtenAtMs: fc.nat(2 ** 48 - 1),
});

const seed = segmentSeed(identity.incarnation, 5);

describe('a frame', () => {
  test('has this header, for ever', () => {
    const header = encodeFrameHeader(example, seed);
    const text = `43534631 04030201 010203040506 111213141516 ${hex(address)} 01 000000`;
    expect(hex(header.subarray(0, 60))).toBe(text.replaceAll(' ', ''));
    const incarnationAndNumber = Buffer.from('212223242526272805000000', 'hex');
    expect(Buffer.from(header).readUInt32LE(60)).toBe(
      crc32c(concatBytes(incarnationAndNumber, header.subarray(0, 60))),
    );
  });

  test('comes back from its header', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrameHeader(encodeFrameHeader(frame, seed), { ...frame, seed })).toEqual(frame);
      }),
    );
  });

  test('is none with any bit flipped, too few bytes, or in another segment', () => {
    const header = encodeFrameHeader(example, seed);
    for (let bit = 0; bit < 512; bit++) {
      const flipped = header.with(bit >> 3, (header[bit >> 3] as number) ^ (1 << (bit & 7)));
      expect(decodeFrameHeader(flipped, { ...example, seed })).toBeUndefined();
    }
    expect(decodeFrameHeader(header.subarray(0, 63), { ...example, seed })).toBeUndefined();
    expect(decodeFrameHeader(header, { ...example, seed: segmentSeed(identity.incarnation, 6) })).toBeUndefined();
  });

  test('of an unknown kind is a newer program’s', () => {
    const header = Buffer.from(encodeFrameHeader(example, seed));
    header[56] = 3;
    header.writeUInt32LE(crc32c(header.subarray(0, 60), seed), 60);
    expect(() => decodeFrameHeader(header, { ...example, seed })).toThrow(
      expect.objectContaining({ code: 'format.unknown_version' }),
    );
  });

  test.each([
    [0, 64],
    [1, 128],
    [64, 128],
    [65, 192],
  ])('of %d stored bytes takes %d', (storedBytes, bytes) => {
    expect(frameBytesOf({ storedBytes })).toBe(bytes);
  });
});

describe('a record', () => {
  test('is these bytes, for ever', () => {
    const bytes = Buffer.alloc(recordBytes, 0xff);
    writeRecord(bytes, 0, { ...example, stale: 0x0807 });
    const text = `${hex(address)} 05000000 01000000 04030201 010203040506 111213141516 01 00 0708`;
    expect(hex(bytes)).toBe(text.replaceAll(' ', ''));
  });

  test('comes back, anywhere in a buffer', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(0xffff), (frame, stale) => {
        const bytes = Buffer.alloc(3 * recordBytes);
        writeRecord(bytes, recordBytes, { ...frame, stale });
        expect(readRecord(bytes, recordBytes)).toEqual({ ...frame, stale });
        expect(bytes.subarray(0, recordBytes).every((byte) => byte === 0)).toBe(true);
        expect(bytes.subarray(2 * recordBytes).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  test('lists keep their order while they grow', () => {
    const list = new RecordList();
    const frames = Array.from({ length: 100 }, (_, sequence): IndexRecord => ({ ...example, sequence, stale: 0 }));
    for (const frame of frames) list.add(frame);
    expect([...recordsIn(list.bytes)]).toEqual(frames);
  });
});

describe('the header of a segment', () => {
  const header = encodeSegmentHeader({ ...identity, segment: 5 });
  const { createdAtMs: _, ...expected } = { ...identity, segment: 5 };
  const check = (bytes: Uint8Array, changed = {}) => checkSegmentHeader(bytes, { ...expected, ...changed }, 'here');

  test('is these bytes, for ever', () => {
    const text = '43534731 0100 0000 0102030405060708 1112131415161718 2122232425262728 05000000 00000000';
    expect(hex(header.subarray(0, 40))).toBe(text.replaceAll(' ', ''));
    expect(hex(header.subarray(40, 60))).toBe('00505c18a3010000'.padEnd(40, '0'));
    expect(Buffer.from(header).readUInt32LE(60)).toBe(crc32c(header.subarray(0, 60)));
  });

  test('lets its own segment pass, and a damaged or missing header', () => {
    check(header);
    check(header.with(20, 0));
    check(header.subarray(0, 10));
  });

  test.each([
    { storeId: 'ffffffffffffffff' },
    { volumeId: 'ffffffffffffffff' },
    { incarnation: 'ffffffffffffffff' },
    { segment: 6 },
  ])('refuses a segment of another place: %j', (changed) => {
    expect(() => check(header, changed)).toThrow(expect.objectContaining({ code: 'volume.foreign' }));
  });

  test('refuses a newer format', () => {
    const newer = Buffer.from(header);
    newer.writeUInt16LE(2, 4);
    newer.writeUInt32LE(crc32c(newer.subarray(0, 60)), 60);
    expect(() => check(newer)).toThrow(expect.objectContaining({ code: 'format.unknown_version' }));
  });
});

describe('a sidecar', () => {
  const list = new RecordList();
  list.add(example);
  list.add({ ...example, position: 128, kind: 'tombstone', storedBytes: 0 });
  const sidecar = { segment: 5, segmentBytes: 192, records: list.bytes };
  const bytes = concatBytes(encodeSidecarHeader(sidecar, identity), sidecar.records);

  test('has this header, for ever', () => {
    const text = '43535831 0100 0000 1112131415161718 05000000 02000000 c000000000000000';
    expect(hex(bytes.subarray(0, 60))).toBe(text.replaceAll(' ', '').padEnd(120, '0'));
    expect(Buffer.from(bytes).readUInt32LE(60)).toBe(crc32c(list.bytes, crc32c(bytes.subarray(0, 60), seed)));
  });

  test('comes back', () => {
    expect(decodeSidecar(bytes, 5, identity)).toEqual(sidecar);
  });

  test('is none when damaged, cut, or of another segment or volume', () => {
    for (let at = 0; at < bytes.byteLength; at++) {
      expect(decodeSidecar(bytes.with(at, (bytes[at] as number) ^ 1), 5, identity), `byte ${at}`).toBeUndefined();
      expect(decodeSidecar(bytes.subarray(0, at), 5, identity), `cut at ${at}`).toBeUndefined();
    }
    expect(decodeSidecar(bytes, 6, identity)).toBeUndefined();
    const other = { ...identity, incarnation: '0000000000000000' as Incarnation };
    expect(decodeSidecar(bytes, 5, other)).toBeUndefined();
  });
});

describe('the identity file', () => {
  const bytes = encodeIdentity(identity);

  test('is this line, for ever', () => {
    const line =
      '{"format":"copyset-volume","version":1,"storeId":"0102030405060708","volumeId":"1112131415161718",' +
      '"incarnation":"2122232425262728","createdAtMs":1800000000000';
    const crc = crc32c(utf8(`${line}}`))
      .toString(16)
      .padStart(8, '0');
    expect(Buffer.from(bytes).toString()).toBe(`${line},"crc32c":"${crc}"}\n`);
  });

  test('comes back', () => {
    expect(decodeIdentity(bytes, 'here')).toEqual(identity);
  });

  test('is damaged with any bit flipped or byte lost', () => {
    for (let at = 0; at < bytes.byteLength - 1; at++) {
      const flipped = bytes.with(at, (bytes[at] as number) ^ 1);
      for (const damaged of [flipped, bytes.subarray(0, at)]) {
        expect(() => decodeIdentity(damaged, 'here')).toThrow(expect.objectContaining({ code: 'format.damaged' }));
      }
    }
  });

  test('of a newer program is refused', () => {
    const body = { format: 'copyset-volume', version: 2, more: true };
    const newer = {
      ...body,
      crc32c: crc32c(utf8(JSON.stringify(body)))
        .toString(16)
        .padStart(8, '0'),
    };
    expect(() => decodeIdentity(utf8(JSON.stringify(newer)), 'here')).toThrow(
      expect.objectContaining({ code: 'format.unknown_version' }),
    );
  });
});

test('names of files lead back to their segment, others to none', () => {
  for (const segment of [1, 0xabc, 0xffffffff]) {
    expect(parseSegmentFileName(segmentPath(segment).replace('segments/', ''))).toEqual({ segment, kind: 'segment' });
    expect(parseSegmentFileName(sidecarPath(segment).replace('segments/', ''))).toEqual({ segment, kind: 'sidecar' });
  }
  for (const name of ['1.seg', '0000000A.seg', '00000001.seg.new', '00000001.tmp', '']) {
    expect(parseSegmentFileName(name)).toBeUndefined();
  }
});
