import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { copysetNow, listBlocks, noHeaders, putBlock, volumeOf } from '../../../test/support/site-blocks.ts';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import type { VolumeId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import { trashBlock } from '../../catalog/claims.ts';
import { scanDebts } from '../../catalog/debts.ts';
import { allClaims, claimCodec } from '../../catalog/records/claim.ts';
import { allTrash, trashCodec } from '../../catalog/records/trash.ts';
import { collectRecords } from '../../catalog/stored.ts';
import { withKvFaults } from '../../kv/faults/faulty-kv.ts';
import { MemoryKv } from '../../kv/memory/memory-kv.ts';
import { setVolumeState } from '../../replica/change-volumes.ts';
import { WriteSession } from './write-session.ts';

const classId = 3;
const bytes = new Uint8Array(100).fill(7);
const gone = new CopysetError('volume.gone', 'the path leads nowhere');

let catalog: FaultSchedule;
let site: MemorySite;

beforeEach(async () => {
  catalog = new FaultSchedule({ seed: 1 });
  const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule: catalog, clock: systemClock });
  site = await startMemorySite({ volumes: 4, kv });
  await site.store.createBucket('models');
});

const begin = () => new WriteSession(site.context, { classId, quorum: 2 });
const claims = () => collectRecords(site.kv, claimCodec, allClaims);
const debts = async () => (await Array.fromAsync(scanDebts(site.kv))).map(({ record }) => record);
const theBlock = async () => {
  const [block] = await listBlocks(site);
  if (block === undefined) throw new Error('there is no block');
  return block;
};

describe('a session', () => {
  test('claims nothing for a block that nobody had', async () => {
    const session = begin();
    await session.write([bytes]);
    expect(await claims()).toEqual([]);
    await session.end();
  });

  test('claims a block that was there, until it ends', async () => {
    await begin().write([bytes]);
    const session = begin();
    await session.write([bytes]);
    expect(await claims()).toHaveLength(1);
    await session.end();
    expect(await claims()).toEqual([]);
  });

  test('claims a block that is in the trash though no volume had it, which takes it out', async () => {
    const { ref } = await begin().write([bytes]);
    for (const { volume } of site.members.all()) await volume?.delete({ name: ref.name, classId, fragment: 0 });
    await trashBlock(site.kv, { name: ref.name, classId }, 1);
    await begin().write([bytes]);
    expect(await claims()).toHaveLength(1);
    expect(await collectRecords(site.kv, trashCodec, allTrash)).toEqual([]);
  });

  test('counts only copies that were confirmed after its claim', async () => {
    const block = await putBlock(site, 'models', 'weights');
    const [first, second] = (await copysetNow(site, block)) as [VolumeId, VolumeId];
    const session = begin();
    const ref = { name: block.name, bytes: 100 };
    for (const id of [first, second]) volumeOf(site, id).fail(gone);
    await expect(session.adopt(ref)).rejects.toMatchObject({ code: 'write.not_durable' });
    for (const id of [first, second]) volumeOf(site, id).fail(undefined);
    await session.adopt(ref);
  });

  test('whose claims cannot be taken back has done its work all the same', async () => {
    await begin().write([bytes]);
    const session = begin();
    await session.write([bytes]);
    catalog.force('commit', 'error');
    await session.end();
    expect(await claims()).toHaveLength(1);
  });
});

describe('its commit', () => {
  test('carries a debt for every copy that is missing', async () => {
    const first = begin();
    const { copyset } = await first.write([bytes]);
    for (const id of copyset) await volumeOf(site, id).delete(await theBlock());
    const [late] = copyset as [VolumeId];
    volumeOf(site, late).fail(gone);
    const session = begin();
    await session.write([bytes]);
    const puts = await session.commit(async (_, debtPuts) => debtPuts);
    expect(puts).toHaveLength(1);
    expect(await debts()).toEqual([]);
  });

  test('of many missing copies records most of the debts before it, and none is forgotten', async () => {
    const id = site.members.all()[0]?.entry.id as VolumeId;
    volumeOf(site, id).fail(gone);
    const session = begin();
    const missing = new Set<string>();
    for (let index = 0; index < 80; index++) {
      const written = await session.write([seededRandom(index).bytes(50)]);
      if (written.missing().length > 0) missing.add(written.ref.name);
    }
    const inCommit = await session.commit(async (_, debtPuts) => debtPuts.length);
    expect(inCommit).toBe(32);
    expect(await debts()).toHaveLength(missing.size - 32);
  });

  test('is tried again when the layout moved, with the blocks where the new one wants them', async () => {
    const session = begin();
    const { copyset, ref } = await session.write([bytes]);
    const seen: Uint8Array[] = [];
    await session.commit(async ({ epoch }) => {
      seen.push(epoch);
      if (seen.length > 1) return 'done';
      await setVolumeState(site.kv, copyset[0] as VolumeId, { state: 'draining', reason: 'asked for' });
      return 'layout-moved';
    });
    expect(seen).toHaveLength(2);
    expect(seen[1]).not.toEqual(seen[0]);
    const block = { name: ref.name, classId, fragment: 0 };
    const [item] = await Array.fromAsync(site.repair.inventory.scan({ from: 0, to: 1024 }));
    expect(item?.holders).toEqual(expect.arrayContaining([...(await copysetNow(site, block))]));
  });

  test('gives up a request that the layout outruns', async () => {
    const session = begin();
    await session.write([bytes]);
    await expect(session.commit(async () => 'layout-moved')).rejects.toMatchObject({ code: 'busy' });
  });
});

test('an upload whose parts cannot be forgotten is complete all the same', async () => {
  const id = await site.store.createUpload('models', 'big', { headers: noHeaders });
  const path = { bucket: 'models', key: 'big', id };
  const part = await site.store.putPart(path, 1, bodyOf(bytes));
  catalog.force('commit', 'error', 3);
  await site.store.completeUpload(path, { parts: [part].map(({ number, etag }) => ({ number, etag })) });
  expect(await readAll(await site.store.get('models', 'big'))).toHaveLength(100);
});
