import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ascend, descend, find, insert, type OrderedMap, remove } from './ordered-map.ts';

type Step = { readonly key: string; readonly value: number | undefined };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 150 }).map((code) => String.fromCharCode(code)),
    value: fc.option(fc.nat(), { nil: undefined }),
  }),
  { maxLength: 300 },
);

function build(list: readonly Step[]): { map: OrderedMap<number>; model: Map<string, number> } {
  const model = new Map<string, number>();
  let map: OrderedMap<number>;
  for (const { key, value } of list) {
    if (value === undefined) model.delete(key);
    else model.set(key, value);
    map = value === undefined ? remove(map, key) : insert(map, key, value);
  }
  return { map, model };
}

function sorted(model: ReadonlyMap<string, number>, from: string, to: string | undefined): number[] {
  const inside = [...model].filter(([key]) => key >= from && (to === undefined || key < to));
  return inside.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, value]) => value);
}

test('it holds what a plain map holds, in order, and stays balanced', () => {
  fc.assert(
    fc.property(steps, fc.nat(150), fc.option(fc.nat(150), { nil: undefined }), (list, low, high) => {
      const { map, model } = build(list);
      const [from, to] = [String.fromCharCode(low), high === undefined ? undefined : String.fromCharCode(high)];
      expect([...ascend(map, { from, to })]).toEqual(sorted(model, from, to));
      expect([...descend(map, { from, to })]).toEqual(sorted(model, from, to).reverse());
      for (const key of [from, ...model.keys()]) expect(find(map, key)).toBe(model.get(key));
      expect(map?.height ?? 0).toBeLessThanOrEqual(1.45 * Math.log2(model.size + 2));
    }),
  );
});

test('a map does not change when another is made from it', () => {
  const { map } = build(Array.from({ length: 50 }, (_, at) => ({ key: String(at), value: at })));
  const before = [...ascend(map, { from: '', to: undefined })];
  remove(insert(map, '7', -1), '30');
  expect([...ascend(map, { from: '', to: undefined })]).toEqual(before);
});
