import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { copysetNow, goodCopies, putBlock, volumeOf } from '../../test/support/site-blocks.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { partitionOf } from '../base/block-name.ts';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import { newId, type VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { withKvFaults } from '../kv/faults/faulty-kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { holdersOf } from '../layout/layout.ts';
import { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { changeVolumes, replicaClasses, setVolumeState } from './change-volumes.ts';
import { movePartitions } from './move-partitions.ts';

const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
const noRest = async () => undefined;

let site: MemorySite;
let schedule: FaultSchedule;
let blocks: BlockAddress[];

beforeEach(async () => {
  schedule = new FaultSchedule({ seed: 1 });
  const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule, clock: systemClock });
  site = await startMemorySite({ volumes: 4, kv });
  await site.store.createBucket('models');
  blocks = [];
  for (const key of keys) blocks.push(await putBlock(site, 'models', key));
});

async function refresh(): Promise<void> {
  for (const classId of replicaClasses) await site.repair.layouts.refresh(classId);
}

async function drain(id: VolumeId): Promise<void> {
  await setVolumeState(site.kv, id, { state: 'draining', reason: 'asked for' });
  await refresh();
}

async function addVolume(): Promise<VolumeId> {
  const id = newId<VolumeId>(site.context.random);
  const domain = ['site', 'zone', 'rack', 'node', id] as const;
  const entry = { id, path: id, state: 'active', weight: 1, domain, addedAtMs: 0 } as const;
  site.members.set(entry, new MemoryVolume({ id, clock: site.context.clock }));
  await changeVolumes(site.kv, () => [entry]);
  await refresh();
  return id;
}

async function isMoving(block: BlockAddress): Promise<boolean> {
  return (await site.repair.layouts.refresh(block.classId)).moving.has(partitionOf(block.name));
}

async function readEverything(): Promise<void> {
  for (const key of keys) expect(await readAll(await site.store.get('models', key))).toHaveLength(100);
}

const move = () => movePartitions(site.repair, noRest);
const first = () => site.members.all()[0]?.entry.id as VolumeId;

describe('after a layout change', () => {
  test('everything is read while it moves, and lies where it belongs when it has arrived', async () => {
    await drain(first());
    await readEverything();
    expect((await move()).stuck).toBe(0);
    for (const block of blocks) {
      expect(await isMoving(block)).toBe(false);
      expect(await goodCopies(site, block)).toEqual(expect.arrayContaining([...(await copysetNow(site, block))]));
    }
    await readEverything();
  });

  test('a volume that joined has its share of the copies, and every other stays readable', async () => {
    const id = await addVolume();
    await move();
    const holding = await Promise.all(blocks.map(async (block) => (await copysetNow(site, block)).includes(id)));
    expect(holding).toContain(true);
    expect(await volumeOf(site, id).list({ limit: 100 })).toHaveLength(holding.filter(Boolean).length);
    await readEverything();
  });

  test('what is written meanwhile goes to the new copyset, and is found there', async () => {
    await drain(first());
    const block = await putBlock(site, 'models', 'new');
    expect((await goodCopies(site, block)).toSorted()).toEqual([...(await copysetNow(site, block))].toSorted());
    expect(await readAll(await site.store.get('models', 'new'))).toHaveLength(100);
  });

  test('a partition stays on the move while a block of it cannot be copied, read from the old copyset', async () => {
    await drain(first());
    const moved: BlockAddress[] = [];
    for (const block of blocks) if (await isMoving(block)) moved.push(block);
    const newcomers = async (block: BlockAddress) => {
      const held = await goodCopies(site, block);
      return (await copysetNow(site, block)).filter((id) => !held.includes(id));
    };
    const [block] = moved;
    if (block === undefined) throw new Error('no block moves');
    for (const id of await newcomers(block)) volumeOf(site, id).setCapacity(0);
    expect((await move()).stuck).toBeGreaterThan(0);
    expect(await isMoving(block)).toBe(true);
    await readEverything();
  });

  test('what arrived by a commit whose answer was lost is known to have arrived after the next pass', async () => {
    await drain(first());
    let lost = 0;
    for (let isDone = false; !isDone; ) {
      schedule.force('commit', 'unknown');
      isDone = await move().then(
        () => true,
        () => false,
      );
      lost += isDone ? 0 : 1;
    }
    expect(lost).toBeGreaterThan(0);
    for (const classId of replicaClasses) expect(site.repair.layouts.known(classId)?.moving.size).toBe(0);
  });

  test('nothing arrives by a pass whose layout was replaced while it ran', async () => {
    await drain(first());
    const before = await site.repair.layouts.refresh(3);
    const moving = blocks.filter(({ name }) => before.moving.has(partitionOf(name)));
    let raced: Promise<unknown> | undefined;
    await movePartitions(site.repair, async () => {
      raced ??= addVolume();
      await raced;
    });
    const after = await site.repair.layouts.refresh(3);
    for (const { name } of moving) {
      const holders = holdersOf(after, name);
      const held = await goodCopies(site, { name, classId: 3, fragment: 0 });
      expect(holders.some((id) => held.includes(id))).toBe(true);
    }
    await readEverything();
    await move();
    await readEverything();
  });

  test('a write that was placed by the old layout is placed again before it is acknowledged', async () => {
    let changed = false;
    const slabs = async function* () {
      yield { bytes: new Uint8Array(100).fill(7), release: () => undefined };
    };
    const body = {
      ...bodyOf(new Uint8Array(0)),
      slabs: slabs(),
      declaredBytes: 100,
      seal: async () => {
        await drain(first());
        await move();
        changed = true;
        return { checksum: undefined };
      },
    };
    await site.store.put('models', 'raced', { body, headers: { metadata: {} } });
    expect(changed).toBe(true);
    expect(await readAll(await site.store.get('models', 'raced'))).toHaveLength(100);
    const raced = (await Array.fromAsync(site.repair.inventory.scan({ from: 0, to: 1024 }))).find(
      ({ address }) => !blocks.some(({ name }) => name === address.name),
    );
    expect(raced?.holders).toEqual(
      expect.arrayContaining([...(await copysetNow(site, raced?.address as BlockAddress))]),
    );
  });
});
