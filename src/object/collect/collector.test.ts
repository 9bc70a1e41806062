import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { SimTime } from '../../../test/support/sim-clock.ts';
import { listBlocks, noHeaders } from '../../../test/support/site-blocks.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import type { RequestId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import { beginPurge, claimBlock, findTrash, trashBlock } from '../../catalog/claims.ts';
import { addDebts, countDebts } from '../../catalog/debts.ts';
import { partsOf } from '../../catalog/records/part.ts';
import type { TrashRecord } from '../../catalog/records/trash.ts';
import type { Stored } from '../../catalog/stored.ts';
import { withKvFaults } from '../../kv/faults/faulty-kv.ts';
import { MemoryKv } from '../../kv/memory/memory-kv.ts';
import { collectGarbage, slicesFor } from './collector.ts';

const requestDeadlineMs = 60_000;
const graceMs = 2 * requestDeadlineMs;

let time: SimTime;
let site: MemorySite;

/** A site whose time passes when a test says so; its catalog can be slow. */
function live(work: () => Promise<void>): Promise<void> {
  return time.run(work(), 100 * graceMs, 'a test of collection');
}

const schedule = () => new FaultSchedule({ seed: 1, maxDelayMs: 10_000 });
let catalog: FaultSchedule;

beforeEach(async () => {
  time = new SimTime();
  const clock = time.clock();
  catalog = schedule();
  const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule: catalog, clock });
  await live(async () => {
    site = await startMemorySite({ volumes: 3, kv, clock, graceMs, limits: { requestDeadlineMs } });
    await site.store.createBucket('models');
  });
});

const content = (number: number) => seededRandom(number).bytes(1000);
const put = (key: string, number: number) =>
  site.store.put('models', key, { body: bodyOf(content(number)), headers: noHeaders });
const remove = (key: string) => site.store.delete('models', key);
const collect = (maxMarks = 1000) => collectGarbage({ ...site.repair, blocks: site.context.blocks, maxMarks });
const grace = () => site.context.clock.sleep(graceMs);
const isReadable = async (key: string, number: number) =>
  Buffer.compare(await readAll(await site.store.get('models', key)), content(number)) === 0;

/** An object that was, long ago; its block is garbage. */
async function leaveGarbage() {
  await put('old', 1);
  await remove('old');
  await grace();
  const [block] = await listBlocks(site);
  if (block === undefined) throw new Error('there is no block');
  return block;
}

describe('the collector', () => {
  test('takes two passes and a grace between them, and leaves what is younger than the grace', () =>
    live(async () => {
      await put('old', 1);
      await remove('old');
      expect(await collect()).toEqual({ trashed: 0, purged: 0, rescued: 0 });
      await grace();
      expect(await collect()).toEqual({ trashed: 1, purged: 0, rescued: 0 });
      expect(await collect()).toEqual({ trashed: 0, purged: 0, rescued: 0 });
      await grace();
      expect(await collect()).toEqual({ trashed: 0, purged: 1, rescued: 0 });
      expect(await listBlocks(site)).toEqual([]);
    }));

  test('leaves what is claimed, until the claim is as old as the grace', () =>
    live(async () => {
      const block = await leaveGarbage();
      const claim = { requestId: '00000000000000aa' as RequestId, madeAtMs: site.context.clock.wallMs() };
      await claimBlock(site.kv, block, claim);
      expect((await collect()).trashed).toBe(0);
      await grace();
      await site.context.clock.sleep(1);
      expect((await collect()).trashed).toBe(1);
    }));

  test('does not purge what was put again while it was in the trash', () =>
    live(async () => {
      await leaveGarbage();
      await collect();
      await put('new', 1);
      await grace();
      expect(await collect()).toEqual({ trashed: 0, purged: 0, rescued: 0 });
      expect(await isReadable('new', 1)).toBe(true);
    }));

  test('does not purge what is put again while it marks', () =>
    live(async () => {
      await leaveGarbage();
      await collect();
      await grace();
      catalog.force('changes', 'delay');
      const collecting = collect();
      await put('new', 1);
      expect((await collecting).purged).toBe(0);
      expect(await isReadable('new', 1)).toBe(true);
    }));

  test('takes out of the trash what came there by marks that were old', () =>
    live(async () => {
      const block = await leaveGarbage();
      await put('new', 1);
      await trashBlock(site.kv, block, site.context.clock.wallMs());
      expect(await collect()).toEqual({ trashed: 0, purged: 0, rescued: 1 });
      expect(await findTrash(site.kv, block)).toBeUndefined();
    }));

  test('finishes a purge that a crash interrupted, without another grace', () =>
    live(async () => {
      const block = await leaveGarbage();
      await collect();
      await beginPurge(site.kv, block, (await findTrash(site.kv, block)) as Stored<TrashRecord>);
      expect((await collect()).purged).toBe(1);
      expect(await findTrash(site.kv, block)).toBeUndefined();
      expect(await listBlocks(site)).toEqual([]);
    }));

  test('keeps a put of the same bytes waiting while it purges, and no longer', () =>
    live(async () => {
      const block = await leaveGarbage();
      await collect();
      await beginPurge(site.kv, block, (await findTrash(site.kv, block)) as Stored<TrashRecord>);
      const putting = put('new', 1);
      await site.context.clock.sleep(1000);
      await collect();
      await putting;
      expect(await isReadable('new', 1)).toBe(true);
    }));

  test('keeps the parts of an upload that is open, however old, and those of one that completes meanwhile', () =>
    live(async () => {
      const id = await site.store.createUpload('models', 'big', { headers: noHeaders });
      const path = { bucket: 'models', key: 'big', id };
      const part = await site.store.putPart(path, 1, bodyOf(content(2)));
      await grace();
      expect((await collect()).trashed).toBe(0);
      catalog.force('range', 'delay', 2);
      const [report] = await Promise.all([
        collect(),
        site.store.completeUpload(path, { parts: [part].map(({ number, etag }) => ({ number, etag })) }),
      ]);
      expect(report.trashed).toBe(0);
      expect(await isReadable('big', 2)).toBe(true);
    }));

  test('lets go of parts that an upload left behind when it ended', () =>
    live(async () => {
      const id = await site.store.createUpload('models', 'big', { headers: noHeaders });
      const path = { bucket: 'models', key: 'big', id };
      await site.store.putPart(path, 1, bodyOf(content(2)));
      catalog.force('commit', 'error', 2); // the upload is removed, its parts are not
      await site.store.abortUpload(path);
      expect((await site.kv.range({ ...partsOf(id), limit: 10 })).entries).toHaveLength(1);
      await grace();
      expect((await collect()).trashed).toBe(1);
    }));

  test('drops what is owed for a block that nobody needs, and nothing else', () =>
    live(async () => {
      const garbage = await leaveGarbage();
      await put('kept', 3);
      const kept = (await listBlocks(site)).find(({ name }) => name !== garbage.name);
      const debts = [garbage, kept as typeof garbage].map(({ name, classId }) => ({ name, classId, volumes: [] }));
      await addDebts(site.kv, debts, site.context.clock.wallMs());
      await grace();
      await collect();
      expect(await countDebts(site.kv)).toBe(1);
    }));

  test('comes to the same end in slices, when there are more marks than it may hold', () =>
    live(async () => {
      for (let number = 10; number < 30; number++) await put(`key ${number}`, number);
      for (let number = 20; number < 30; number++) await remove(`key ${number}`);
      await grace();
      expect((await collect(3)).trashed).toBe(10);
      await grace();
      expect((await collect(3)).purged).toBe(10);
      for (let number = 10; number < 20; number++) expect(await isReadable(`key ${number}`, number)).toBe(true);
    }));
});

test.each([
  [0, 10],
  [10, 10],
  [11, 10],
  [1_000_000, 7],
])('the slices for %d blocks of %d marks cover every partition once', (blocks, maxMarks) => {
  const slices = slicesFor(blocks, maxMarks);
  expect(slices[0]?.from).toBe(0);
  expect(slices.at(-1)?.to).toBe(1024);
  expect(slices.slice(1).every(({ from }, index) => from === slices[index]?.to)).toBe(true);
  expect(slices.length).toBe(Math.min(1024, Math.max(1, Math.ceil(blocks / maxMarks))));
});
