import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, totalBytes } from '../../base/bytes.ts';
import { libc, pageBytes } from '../../base/libc.ts';
import { pageMemory, placeInPage } from '../../base/page-memory.ts';
import { seededRandom } from '../../base/random.ts';
import { alignedMemory } from '../../disk/direct.ts';
import { DirectGroup, type DirectWrite } from './direct-group.ts';

const spanBytes = 128 * 1024;
const span = alignedMemory(spanBytes).subarray(0, spanBytes);

/** Bytes that begin so far behind the beginning of a page. */
function bytesAt(place: number, bytes: number): Uint8Array {
  const memory = pageMemory(place + bytes).subarray(place);
  memory.set(seededRandom(bytes).bytes(bytes));
  return memory;
}

/** All writes of a group; each is looked at before the span is used again. */
function writesOf(pieces: readonly Uint8Array[], position: number) {
  const group = new DirectGroup(pieces, position);
  const writes: (DirectWrite & { readonly content: Uint8Array; readonly uncopied: number })[] = [];
  for (let next = group.next(span); next !== undefined; next = group.next(span)) {
    const uncopied = totalBytes(next.pieces.filter(({ buffer }) => buffer !== span.buffer));
    writes.push({ ...next, content: concatBytes(...next.pieces), uncopied });
  }
  return writes;
}

function uncopiedOf(pieces: readonly Uint8Array[], position = 0): number {
  return writesOf(pieces, position).reduce((sum, { uncopied }) => sum + uncopied, 0);
}

test('however it is cut and wherever it lies: whole pages, one behind the other, nothing else and nothing less', () => {
  const piece = fc.record({ place: fc.constantFrom(0, 64, 192, 4000), bytes: fc.nat(90_000) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(3), (shapes, block) => {
      const pieces = shapes.map(({ place, bytes }) => bytesAt(place, bytes));
      const begin = block * pageBytes;
      let position = begin;
      const writes = writesOf(pieces, begin);
      for (const write of writes) {
        expect(write.position).toBe(position);
        expect(write.content.byteLength).toBeLessThanOrEqual(spanBytes);
        for (const each of write.pieces) {
          expect(each.byteLength % pageBytes).toBe(0);
          expect(each.byteLength).toBeGreaterThan(0);
          expect(placeInPage(each) ?? each.byteOffset % pageBytes).toBe(0);
        }
        position += write.content.byteLength;
      }
      const all = concatBytes(...writes.map(({ content }) => content));
      const expected = concatBytes(...pieces);
      expect(Buffer.from(expected).equals(all.subarray(0, expected.byteLength))).toBe(true);
      expect(all.byteLength).toBe(Math.ceil(expected.byteLength / pageBytes) * pageBytes);
      expect(all.subarray(expected.byteLength).every((byte) => byte === 0)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a group that is stopped has no next write', () => {
  const group = new DirectGroup([new Uint8Array(10)], 0);
  group.stop();
  expect(group.next(span)).toBeUndefined();
});

describe.runIf(libc !== undefined)('what lies in its pages as it will lie in the file', () => {
  const bytes = 200_000;

  test('is not copied, save for the pages that it shares with others', () => {
    const uncopied = uncopiedOf([new Uint8Array(192), bytesAt(192, bytes), new Uint8Array(64)]);
    expect(bytes - uncopied).toBeLessThan(2 * pageBytes);
  });

  test('is not copied in several pieces either', () => {
    const whole = bytesAt(192, bytes);
    const pieces = [whole.subarray(0, 70_000), bytesAt((192 + 70_000) % pageBytes, bytes - 70_000)];
    expect(bytes - uncopiedOf([new Uint8Array(192), ...pieces])).toBeLessThan(3 * pageBytes);
  });

  test('is copied where it is short', () => {
    expect(uncopiedOf([bytesAt(0, 16_384)])).toBe(0);
  });

  test('is copied where it lies elsewhere', () => {
    expect(uncopiedOf([new Uint8Array(192), bytesAt(64, bytes)])).toBe(0);
    expect(uncopiedOf([new Uint8Array(192), alignedMemory(bytes).subarray(0, bytes)])).toBe(0);
  });
});
