import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from './byte-stream.ts';

const values = fc.array(fc.oneof(fc.nat(Number.MAX_SAFE_INTEGER), fc.uint8Array({ maxLength: 300 })), {
  maxLength: 40,
});

test('what was written is read, in order and to the last byte', () => {
  fc.assert(
    fc.property(values, (written) => {
      const writer = new ByteWriter();
      for (const value of written) {
        if (typeof value === 'number') writer.varint(value);
        else writer.block(value);
      }
      const reader = new ByteReader(writer.finish());
      const read = written.map((value) => (typeof value === 'number' ? reader.varint() : reader.block()));
      expect(read).toEqual(written);
      expect(reader.left).toBe(0);
    }),
  );
});

test('a number takes seven bits a byte, the least significant first', () => {
  expect([...new ByteWriter().varint(0).varint(127).varint(128).varint(300).finish()]).toEqual([
    0, 127, 0x80, 1, 0xac, 2,
  ]);
});

test('what ends too early is damaged, whatever is asked of it', () => {
  const half = new ByteWriter().block(new Uint8Array(10)).finish().subarray(0, 5);
  expect(() => new ByteReader(half).block()).toThrow(expect.objectContaining({ code: 'format.damaged' }));
  expect(() => new ByteReader(new Uint8Array(0)).byte()).toThrow(expect.objectContaining({ code: 'format.damaged' }));
  expect(() => new ByteReader(Uint8Array.of(0x80)).varint()).toThrow(
    expect.objectContaining({ code: 'format.damaged' }),
  );
});

test('a number beyond the safe integers is damaged', () => {
  const tooLarge = new ByteReader(new Uint8Array(12).fill(0xff));
  expect(() => tooLarge.varint()).toThrow(expect.objectContaining({ code: 'format.damaged' }));
});
