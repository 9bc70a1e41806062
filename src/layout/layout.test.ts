import { expect, test } from 'vitest';
import { type BlockName, parseBlockName } from '../base/block-name.ts';
import { flatVolumes, planned, volumeId } from './cluster-arbitrary.ts';
import { copysetOf, copysetOfPartition, holdersOf, partitionsOn, withArrived } from './layout.ts';

/** Of partition 5: the first ten bits of the digest. */
const name = parseBlockName(`0140${'0'.repeat(60)}12`) as BlockName;

const before = planned(flatVolumes(4), 3);
const after = planned(flatVolumes(5), 3, { previous: before });

test('a block is placed by the first ten bits of its name', () => {
  expect(copysetOf(before, name)).toEqual(copysetOfPartition(before, 5));
});

test('a block of a moving partition may be in both copysets, of one that arrived in the new one only', () => {
  const [partition, from] = [...after.moving][0] ?? [0, []];
  const prefix = (partition << 6).toString(16).padStart(4, '0');
  const moving = parseBlockName(`${prefix}${'0'.repeat(60)}12`) as BlockName;
  const left = from.filter((id) => !copysetOf(after, moving).includes(id));
  expect(left).toHaveLength(1);
  expect(holdersOf(after, moving)).toEqual([...copysetOf(after, moving), ...left]);
  const arrived = withArrived(after, new Set([partition]));
  expect(holdersOf(arrived, moving)).toEqual(copysetOf(after, moving));
  expect([arrived.epoch, arrived.moving.size]).toEqual([after.epoch + 1, after.moving.size - 1]);
});

test('the partitions of all volumes together are each there as often as there are copies', () => {
  const all = flatVolumes(4).flatMap(({ id }) => partitionsOn(before, id));
  expect(all).toHaveLength(3 * 1024);
  expect(partitionsOn(before, volumeId(99))).toEqual([]);
});
