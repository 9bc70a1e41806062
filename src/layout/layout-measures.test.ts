import { expect, test } from 'vitest';
import { partitionCount } from '../base/block-name.ts';
import { flatVolumes, planned, volumeId } from './cluster-arbitrary.ts';
import type { ClassLayout, Copyset } from './layout.ts';
import {
  balanceOf,
  distinctCopysets,
  movementLowerBound,
  movementOf,
  partnersOf,
  scatterWidths,
} from './layout-measures.ts';

const [one, two, three, four] = [1, 2, 3, 4].map(volumeId) as [Copyset[0], Copyset[0], Copyset[0], Copyset[0]];

/** Even partitions on the first copyset, odd ones on the second. */
function halves(copysets: readonly [Copyset, Copyset]): ClassLayout {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition % 2);
  return { classId: 2, copies: 2, epoch: 1, copysets, partitions, moving: new Map() };
}

test('movement counts what has to arrive, not the slot it arrives in', () => {
  const before = halves([
    [one, two],
    [three, four],
  ]);
  const swapped = halves([
    [two, one],
    [three, two],
  ]);
  expect(movementOf(before, swapped)).toEqual({ pairs: 512, partitions: 512, into: new Map([[two, 512]]) });
});

test('copysets that differ in order only are one, and partners are counted once', () => {
  const layout = halves([
    [one, two],
    [two, one],
  ]);
  expect(distinctCopysets(layout)).toBe(1);
  expect(scatterWidths(layout)).toEqual(
    new Map([
      [one, 1],
      [two, 1],
    ]),
  );
  expect(
    partnersOf([
      [1, 2],
      [1, 3],
      [1, 2],
    ]).get(1),
  ).toEqual(new Set([2, 3]));
});

test('balance names what is held and what should be, also of a volume that is to be emptied', () => {
  const layout = halves([
    [one, two],
    [one, three],
  ]);
  const [first, second, third] = flatVolumes(3);
  const volumes = [first, second, { ...third, weight: 0 }].flatMap((volume) =>
    volume?.id ? [volume as NonNullable<typeof first>] : [],
  );
  expect(balanceOf(layout, volumes)).toEqual(
    new Map([
      [one, { pairs: 1024, share: 1024 }],
      [two, { pairs: 512, share: 1024 }],
      [three, { pairs: 512, share: 0 }],
    ]),
  );
});

test('the lower bound: what a new volume is due, what a lost one held, and more where partners cannot take it', () => {
  const four = planned(flatVolumes(4), 3);
  expect(movementLowerBound(four, flatVolumes(4))).toBe(0);
  expect(movementLowerBound(four, flatVolumes(5))).toBe(Math.floor((1024 * 3) / 5));
  expect(movementLowerBound(four, flatVolumes(4).slice(1))).toBe(768);
  const pairs = halves([
    [one, two],
    [three, volumeId(4)],
  ]);
  // Volume 2 lost its only partner's company: of the 512 pairs 171 are due to volume 1, which is in all their copysets.
  expect(
    movementLowerBound(
      pairs,
      flatVolumes(4).filter(({ id }) => id !== two),
    ),
  ).toBe(512 + 171);
});
