import { beforeEach, describe, expect, test } from 'vitest';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { copysetNow, damage, goodCopies, putBlock, volumeOf } from '../../test/support/site-blocks.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { systemClock } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import type { VolumeId } from '../base/ids.ts';
import { withVolumeFaults } from '../volume/faults/faulty-volume.ts';
import { MemoryVolume } from '../volume/memory/memory-volume.ts';
import { repairBlock } from './repair-block.ts';

let site: MemorySite;
let block: BlockAddress;
let copyset: [VolumeId, VolumeId, VolumeId];
let other: VolumeId;

beforeEach(async () => {
  site = await startMemorySite({ volumes: 4 });
  await site.store.createBucket('models');
  block = await putBlock(site, 'models', 'weights');
  copyset = [...(await copysetNow(site, block))] as typeof copyset;
  other = site.members.all().find(({ entry }) => !copyset.includes(entry.id))?.entry.id as VolumeId;
});

const repair = (options = { verify: true }) => repairBlock(site.repair, block, options);
const gone = new CopysetError('volume.gone', 'the path leads nowhere');

describe('a repair', () => {
  test('does nothing where all copies are good', async () => {
    expect(await repair()).toEqual({ written: [], owed: [], bytes: 0 });
  });

  test('makes missing and damaged copies anew from the last good one', async () => {
    await volumeOf(site, copyset[0]).delete(block);
    damage(site, copyset[1], block);
    const { written, owed } = await repair();
    expect([written.toSorted(), owed]).toEqual([[copyset[0], copyset[1]].toSorted(), []]);
    expect((await goodCopies(site, block)).toSorted()).toEqual(copyset.toSorted());
  });

  test('looks for a good copy on volumes beyond the layout', async () => {
    const [id] = copyset;
    const stray = volumeOf(site, other);
    await repairBlock(site.repair, block, { verify: true });
    const bytes = await site.context.blocks.read({ name: block.name, classId: block.classId });
    await stray.put(site.context.blocks.seal([bytes], block.classId));
    for (const member of copyset) await volumeOf(site, member).delete(block);
    expect((await repair()).owed).toEqual([]);
    expect(await goodCopies(site, block)).toContain(id);
  });

  test('asks no volume beyond the layout while one in it has the block', async () => {
    const schedule = new FaultSchedule({ seed: 1 });
    const openVolume = async (id: VolumeId) =>
      withVolumeFaults(new MemoryVolume({ id, clock: systemClock }), { schedule, clock: systemClock });
    const counted = await startMemorySite({ volumes: 6, openVolume });
    await counted.store.createBucket('models');
    const reads = () => schedule.calls.get('read') ?? 0;
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const address = await putBlock(counted, 'models', key);
      const [lacking] = await copysetNow(counted, address);
      await counted.members.volume(lacking as VolumeId)?.delete(address);
      const before = reads();
      await repairBlock(counted.repair, address, { verify: false });
      expect(reads() - before).toBe(1);
    }
  });

  test('never copies what is damaged, and says when nothing good is left', async () => {
    for (const id of copyset) damage(site, id, block);
    await expect(repair()).rejects.toMatchObject({ code: 'block.unavailable' });
    expect(await goodCopies(site, block)).toEqual([]);
  });

  test('that does not verify fills gaps, and takes the word of a volume for the rest', async () => {
    damage(site, copyset[0], block);
    await volumeOf(site, copyset[1]).delete(block);
    expect((await repair({ verify: false })).written).toEqual([copyset[1]]);
    expect((await goodCopies(site, block)).toSorted()).toEqual([copyset[1], copyset[2]].toSorted());
  });

  test('owes what cannot be asked or written now, and repairs the others all the same', async () => {
    volumeOf(site, copyset[0]).fail(gone);
    await volumeOf(site, copyset[1]).delete(block);
    expect(await repair()).toMatchObject({ written: [copyset[1]], owed: [copyset[0]] });
    volumeOf(site, copyset[0]).fail(undefined);
    await volumeOf(site, copyset[1]).delete(block);
    volumeOf(site, copyset[1]).setCapacity(0);
    expect(await repair()).toMatchObject({ written: [], owed: [copyset[1]] });
  });

  test('owes a copy to a volume that is closed', async () => {
    const member = site.members.get(copyset[2]);
    if (member !== undefined) member.volume = undefined;
    expect((await repair()).owed).toEqual([copyset[2]]);
  });
});
