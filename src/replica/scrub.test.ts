import { beforeEach, describe, expect, test } from 'vitest';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { SimTime } from '../../test/support/sim-clock.ts';
import { copysetNow, damage, goodCopies, putBlock, volumeOf } from '../../test/support/site-blocks.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { CopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import { countDebts } from '../catalog/debts.ts';
import { setVolumeState } from './change-volumes.ts';
import { movePartitions } from './move-partitions.ts';
import { payDebts } from './pay-debts.ts';
import { compareWithLayout, scrubVolume } from './scrub.ts';

const graceMs = 60_000;
const noRest = async () => undefined;

let time: SimTime;
let site: MemorySite;
let block: BlockAddress;
let copyset: readonly VolumeId[];

/** Time passes only where a test says so. */
function inTime<T>(work: Promise<T>): Promise<T> {
  return time.run(work, 10 * graceMs, 'a test of scrubbing');
}

beforeEach(async () => {
  time = new SimTime();
  await inTime(
    (async () => {
      site = await startMemorySite({ volumes: 4, clock: time.clock(), graceMs });
      await site.store.createBucket('models');
      block = await putBlock(site, 'models', 'weights');
      copyset = await copysetNow(site, block);
    })(),
  );
});

async function scrubAll() {
  const volumes = site.members.all().flatMap(({ volume }) => volume ?? []);
  const reports = await Promise.all(volumes.map((volume) => scrubVolume(site.repair, volume, noRest)));
  return reports.flatMap(({ findings }) => findings);
}

describe('a scrub of the volumes', () => {
  test('finds nothing where all is well', () =>
    inTime(
      (async () => {
        expect(await scrubAll()).toEqual([]);
        expect(await compareWithLayout(site.repair)).toEqual([]);
        expect(await countDebts(site.kv)).toBe(0);
      })(),
    ));

  test('names every damaged copy, owes it, and it is repaired', () =>
    inTime(
      (async () => {
        const bad = copyset.slice(0, 2);
        for (const id of bad) damage(site, id, block);
        expect((await scrubAll()).map(({ volume }) => volume).toSorted()).toEqual(bad.toSorted());
        await payDebts(site.repair, noRest);
        expect((await goodCopies(site, block)).toSorted()).toEqual(copyset.toSorted());
        expect(await countDebts(site.kv)).toBe(0);
      })(),
    ));

  test('tells that a volume went away in its middle, and makes no finding of it', () =>
    inTime(
      (async () => {
        const volume = volumeOf(site, copyset[0] as VolumeId);
        volume.fail(new CopysetError('volume.gone', 'the path leads nowhere'));
        expect(await scrubVolume(site.repair, volume, noRest)).toEqual({
          findings: [],
          cutShort: 'the path leads nowhere',
        });
        expect(await countDebts(site.kv)).toBe(0);
      })(),
    ));
});

describe('a comparison with the layout', () => {
  test('finds a copy that vanished, and owes it', () =>
    inTime(
      (async () => {
        const [id] = copyset as [VolumeId];
        await volumeOf(site, id).delete(block);
        expect(await compareWithLayout(site.repair)).toMatchObject([{ volume: id, problem: 'the copy is missing' }]);
        await payDebts(site.repair, noRest);
        expect(await goodCopies(site, block)).toHaveLength(3);
      })(),
    ));

  /** A copy where the layout wants none: the partition has moved away from a volume that is drained. */
  async function leaveExtra(): Promise<VolumeId> {
    const [id] = copyset as [VolumeId];
    await setVolumeState(site.kv, id, { state: 'draining', reason: 'asked for' });
    await movePartitions(site.repair, noRest);
    expect(await copysetNow(site, block)).not.toContain(id);
    return id;
  }

  test('removes a copy beyond those of the layout, after its grace and not before', () =>
    inTime(
      (async () => {
        const id = await leaveExtra();
        await compareWithLayout(site.repair);
        expect(await goodCopies(site, block)).toContain(id);
        await site.repair.clock.sleep(graceMs);
        await compareWithLayout(site.repair);
        expect(await goodCopies(site, block)).toHaveLength(3);
        expect(await goodCopies(site, block)).not.toContain(id);
      })(),
    ));

  test('keeps it while a copy of the layout is not good', () =>
    inTime(
      (async () => {
        const id = await leaveExtra();
        await site.repair.clock.sleep(graceMs);
        const now = await copysetNow(site, block);
        for (const member of now) damage(site, member, block);
        volumeOf(site, now[0] as VolumeId).setCapacity(0);
        await compareWithLayout(site.repair);
        expect(await goodCopies(site, block)).toContain(id);
      })(),
    ));

  test('leaves alone what is on the move', () =>
    inTime(
      (async () => {
        const [id] = copyset as [VolumeId];
        await setVolumeState(site.kv, id, { state: 'draining', reason: 'asked for' });
        await site.repair.layouts.refresh(block.classId);
        await site.repair.clock.sleep(graceMs);
        expect(await compareWithLayout(site.repair)).toEqual([]);
        expect(await goodCopies(site, block)).toHaveLength(3);
      })(),
    ));
});
