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

test('a block that is written in place is the same as one that was there before', () => {
  const nested = fc.tuple(fc.string({ unit: 'binary', maxLength: 200 }), fc.uint8Array({ maxLength: 20_000 }));
  fc.assert(
    fc.property(fc.array(nested, { maxLength: 5 }), (items) => {
      const inPlace = new ByteWriter().byte(7);
      const before = new ByteWriter().byte(7);
      for (const [text, bytes] of items) {
        inPlace.within((writer) => writer.within(() => writer.text(text)).block(bytes));
        before.block(new ByteWriter().block(Buffer.from(text)).block(bytes).finish());
      }
      expect(Buffer.from(inPlace.finish()).equals(before.finish())).toBe(true);
    }),
  );
});

test('hex digits, texts and doubles take their bytes', () => {
  const bytes = new ByteWriter().hex('00ff10').text('é€').double(1.5).finish();
  expect(Buffer.from(bytes).toString('hex')).toBe('00ff10c3a9e282ac000000000000f83f');
});
