import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionOf } from '../base/block-name.ts';
import { utf8 } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import type { VolumeId } from '../base/ids.ts';
import type { VolumeEntry } from '../catalog/records/volume-entry.ts';
import { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { type SealedBlock, sealBlock } from '../volume/stored-form.ts';
import { BlockInventory, type InventoryItem, mergeLists, partitionRuns } from './inventory.ts';
import { Members } from './members.ts';

const blocks: readonly SealedBlock[] = Array.from({ length: 40 }, (_, index) =>
  sealBlock([utf8(`${index >> 1}`)], 1 + (index % 2), 'blake3'),
).sort((left, right) =>
  left.address.name + left.address.classId < right.address.name + right.address.classId ? -1 : 1,
);

/** Some of the blocks on each of some volumes. */
const holdings = fc.array(fc.subarray([...blocks.keys()]), { maxLength: 4 });

function entryOf(id: VolumeId): VolumeEntry {
  const domain = ['site', 'zone', 'rack', 'node', id] as const;
  return { id, path: id, state: 'active', weight: 1, domain, addedAtMs: 0 };
}

async function membersWith(held: readonly (readonly number[])[]): Promise<Members> {
  const members = new Members();
  for (const [index, indices] of held.entries()) {
    const id = index.toString(16).padStart(16, '0') as VolumeId;
    const volume = new MemoryVolume({ id, clock: { ...systemClock, wallMs: () => 1000 + index } });
    for (const block of indices) await volume.put(blocks[block] as SealedBlock);
    members.set(entryOf(id), volume);
  }
  return members;
}

test('a scan gives each block of its partitions once, in order, with its holders and latest write', async () => {
  const edges = fc.tuple(fc.nat(1024), fc.nat(1024), fc.boolean());
  await fc.assert(
    fc.asyncProperty(holdings, edges, async (held, [from, other, single]) => {
      const to = single ? from + 1 : other;
      const inventory = new BlockInventory(await membersWith(held), systemClock);
      const found = await Array.fromAsync(inventory.scan({ from, to }));
      const expected = blocks.flatMap((block, index) => {
        const holders = held.flatMap((indices, volume) => (indices.includes(index) ? [volume] : []));
        const partition = partitionOf(block.address.name);
        if (holders.length === 0 || partition < from || partition >= to) return [];
        const ids = holders.map((volume) => volume.toString(16).padStart(16, '0'));
        return [{ address: block.address, holders: ids, newestWriteMs: 1000 + Math.max(...holders) }];
      });
      expect(found.map(({ address, holders, newestWriteMs }) => ({ address, holders, newestWriteMs }))).toEqual(
        expected,
      );
    }),
    { numRuns: 300 },
  );
});

test('pages of any length are merged without a gap, a double, or a holder left out', () => {
  const listed = fc.array(
    fc.record({ indices: fc.subarray([...blocks.keys()]), pageSize: fc.integer({ min: 1, max: 7 }) }),
    {
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(listed, (lists) => {
      const left = lists.map(({ indices, pageSize }, volume) => ({ id: `v${volume}` as VolumeId, indices, pageSize }));
      const merged: InventoryItem[] = [];
      for (;;) {
        const pages = left.map(({ id, indices, pageSize }) => ({
          id,
          stats: indices.slice(0, pageSize).map((index) => ({
            address: (blocks[index] as SealedBlock).address,
            storedBytes: 1,
            writtenAtMs: index,
          })),
          isLast: indices.length <= pageSize,
        }));
        const items = mergeLists(pages);
        if (items.length === 0) break;
        merged.push(...items);
        const last = Math.max(...items.map(({ newestWriteMs }) => newestWriteMs));
        for (const list of left) list.indices = list.indices.filter((index) => index > last);
      }
      const expected = [...blocks.keys()].flatMap((index) => {
        const holders = lists.flatMap(({ indices }, volume) => (indices.includes(index) ? [`v${volume}`] : []));
        return holders.length === 0 ? [] : [{ index, holders }];
      });
      expect(merged.map(({ newestWriteMs, holders }) => ({ index: newestWriteMs, holders }))).toEqual(expected);
    }),
  );
});

test('runs hold the partitions that were given and no others, neighbours together', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1023)), (partitions) => {
      const runs = partitionRuns(partitions);
      const held = runs.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
      expect(held).toEqual([...new Set(partitions)].sort((left, right) => left - right));
      expect(runs.every(({ from, to }) => to - from <= 32)).toBe(true);
    }),
  );
  expect(partitionRuns([7, 5, 6, 9])).toEqual([
    { from: 5, to: 8 },
    { from: 9, to: 10 },
  ]);
});
