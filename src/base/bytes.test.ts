import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addPiece,
  compareBytes,
  concatBytes,
  emptyBytes,
  equalBytes,
  fromHex,
  fromUtf8,
  hex,
  prefixEnd,
  slicePieces,
  totalBytes,
  utf8,
} from './bytes.ts';

const bytes = fc.uint8Array({ maxLength: 8 });
/** Many 0xff and few different bytes: ends of ranges and common prefixes come up often. */
const edgy = fc.array(fc.constantFrom(0x00, 0x61, 0xfe, 0xff), { maxLength: 5 }).map((list) => Uint8Array.from(list));

test('text survives UTF-8 unchanged, a leading byte order mark too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(fromUtf8(utf8(text))).toBe(text);
    }),
  );
  expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa');
});

test.each([[[0xff]], [[0xc0, 0xaf]], [[0xed, 0xa0, 0x80]], [[0x61, 0xe2, 0x82]]])('%j is no UTF-8', (list) => {
  expect(fromUtf8(Uint8Array.from(list))).toBeUndefined();
});

test('hex goes both ways, and only hex of whole bytes is taken', () => {
  fc.assert(
    fc.property(bytes, (some) => {
      expect(fromHex(hex(some))).toEqual(some);
    }),
  );
  expect(fromHex('0AfF')).toEqual(Uint8Array.of(10, 255));
  for (const wrong of ['0', '0g', ' 00', '00\n']) expect(fromHex(wrong)).toBeUndefined();
});

test('order is by unsigned bytes, a prefix first', () => {
  fc.assert(
    fc.property(edgy, edgy, (left, right) => {
      const at = left.findIndex((byte, index) => byte !== right[index]);
      const expected = at === -1 ? left.length - right.length : (left[at] ?? -1) - (right[at] ?? -1);
      expect(Math.sign(compareBytes(left, right))).toBe(Math.sign(expected));
      expect(equalBytes(left, right)).toBe(hex(left) === hex(right));
    }),
  );
});

test('byte order differs from the order of JavaScript strings', () => {
  const [halfWidth, smile] = ['\uffee', '\u{1f600}'] as const;
  expect([halfWidth, smile].sort()).toEqual([smile, halfWidth]);
  expect(compareBytes(utf8(halfWidth), utf8(smile))).toBeLessThan(0);
});

test('prefixEnd bounds exactly the keys with the prefix', () => {
  fc.assert(
    fc.property(edgy, edgy, (prefix, key) => {
      const end = prefixEnd(prefix);
      const inRange = compareBytes(prefix, key) <= 0 && (end === undefined || compareBytes(key, end) < 0);
      expect(inRange).toBe(hex(key).startsWith(hex(prefix)));
    }),
  );
});

test('addPiece makes one piece of those that lie one behind the other', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ gap: fc.nat(1), bytes: fc.nat(5) })), (shapes) => {
      const memory = Uint8Array.from({ length: 8 * shapes.length }, (_, at) => at);
      const [pieces, cut]: [Uint8Array[], Uint8Array[]] = [[], []];
      let at = 0;
      for (const { gap, bytes } of shapes) {
        cut.push(memory.subarray(at + gap, at + gap + bytes));
        at += gap + bytes;
        addPiece(pieces, cut.at(-1) as Uint8Array);
      }
      expect(concatBytes(...pieces)).toEqual(concatBytes(...cut));
      expect(pieces.length).toBe(shapes.filter(({ gap }, index) => index === 0 || gap > 0).length);
    }),
  );
});

test('addPiece keeps pieces of different memory apart', () => {
  const pieces: Uint8Array[] = [];
  for (const piece of [new Uint8Array(2), new Uint8Array(2)]) addPiece(pieces, piece);
  expect(pieces.length).toBe(2);
});

test('slicePieces cuts as one string would be cut, and shares its memory', () => {
  fc.assert(
    fc.property(fc.array(bytes), fc.nat({ max: 30 }), fc.nat({ max: 30 }), (pieces, from, to) => {
      const cut = slicePieces(pieces, from, to);
      expect(concatBytes(...cut)).toEqual(concatBytes(...pieces).slice(from, Math.max(from, to)));
      expect(totalBytes(cut)).toBe(concatBytes(...cut).byteLength);
    }),
  );
  const piece = Uint8Array.of(1, 2, 3);
  expect(slicePieces([piece], 1, 3)[0]?.buffer).toBe(piece.buffer);
  expect(slicePieces([emptyBytes], 0, 1)).toEqual([]);
});
