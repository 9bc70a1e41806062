import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pick, type Random, seededRandom, shuffled, systemRandom } from './random.ts';

describe.each<[string, Random]>([
  ['system', systemRandom],
  ['seeded', seededRandom(7)],
])('%s random', (_, random) => {
  test('stays within its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (below) => {
        const drawn = random.integer(below);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < below).toBe(true);
      }),
    );
    const float = random.float();
    expect(float >= 0 && float < 1).toBe(true);
    expect(random.bytes(5)).toHaveLength(5);
    expect(['a', 'b']).toContain(pick(random, ['a', 'b']));
  });

  test('draws evenly: of 8,000 in 8 boxes none is 15 % off', () => {
    const boxes = new Array<number>(8).fill(0);
    for (let drawn = 0; drawn < 8000; drawn++) {
      const box = random.integer(8);
      boxes[box] = (boxes[box] ?? 0) + 1;
    }
    for (const count of boxes) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

test('a seed replays', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return [random.float(), random.integer(1000), ...random.bytes(4)];
  };
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

test('a shuffled copy has the same elements, every order is as likely, and the list stays as it was', () => {
  const random = seededRandom(3);
  const list = [1, 2, 3];
  const orders = Array.from({ length: 6000 }, () => shuffled(random, list).join(''));
  expect(list).toEqual([1, 2, 3]);
  for (const order of ['123', '132', '213', '231', '312', '321']) {
    expect(Math.abs(orders.filter((drawn) => drawn === order).length - 1000)).toBeLessThan(150);
  }
});
