import { describe, expect, it } from 'vitest';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { SimTime } from '../../../test/support/sim-clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import { silentLog } from '../../observe/log.ts';
import type { Member } from '../../replica/members.ts';
import { MemoryVolume } from '../../volume/memory/memory-volume.ts';
import { Keeper } from './keeper.ts';

const { signal } = new AbortController();
const rule = { goneGraceMs: 5_000, silentGraceMs: 20_000 };
const gone = new CopysetError('volume.gone', 'the path leads nowhere');
const retired = new CopysetError('volume.retired', 'a sync failed');

type Kept = {
  readonly site: MemorySite;
  readonly keeper: Keeper;
  readonly first: Member;
  readonly lost: VolumeId[];
  readonly fail: (failure: CopysetError | undefined) => void;
  readonly pass: (ms: number) => Promise<void>;
};

/** A site of five volumes; its time passes when a test says so, with one look at the end. */
async function keep(work: (kept: Kept) => Promise<void>): Promise<void> {
  const time = new SimTime();
  const clock = time.clock();
  const site = await startMemorySite({ volumes: 5, clock });
  const lost: VolumeId[] = [];
  const keeper = new Keeper({
    site: { ...site, layouts: site.repair.layouts, objects: site.context },
    log: silentLog,
    rule,
    onLayoutChange: () => undefined,
    onLost: async (id) => void lost.push(id),
  });
  const first = site.members.all()[0] as Member;
  const volume = first.volume as MemoryVolume;
  const pass = async (ms: number) => {
    await clock.sleep(ms);
    await keeper.round(signal);
  };
  await time.run(
    work({ site, keeper, first, lost, fail: (failure) => volume.fail(failure), pass }),
    3_600_000,
    'a test of the keeper',
  );
}

async function count(site: MemorySite): Promise<number> {
  return (await Array.fromAsync(site.repair.inventory.scan({ from: 0, to: 1024 }))).length;
}

describe('the keeper', () => {
  it('gives up a volume that is gone for longer than its grace, and not before', () =>
    keep(async ({ first, lost, fail, pass }) => {
      fail(gone);
      await pass(1_000);
      await pass(4_000);
      expect(first.entry.state).toBe('active');
      await pass(1_000);
      expect(first.entry.state).toBe('lost');
      expect(first.volume).toBeUndefined();
      expect(lost).toEqual([first.entry.id]);
    }));

  it('holds up no listing by a volume that is gone, within its grace too', () =>
    keep(async ({ site, fail, pass }) => {
      fail(gone);
      await expect(count(site)).rejects.toThrow('leads nowhere');
      await pass(1_000);
      expect(await count(site)).toBe(0);
    }));

  it('leaves in peace what was lost and is added again', () =>
    keep(async ({ site, keeper, first, fail, pass }) => {
      fail(gone);
      await pass(1_000);
      await pass(6_000);
      expect(first.entry.state).toBe('lost');
      const volume = new MemoryVolume({ id: first.entry.id, clock: site.context.clock });
      site.members.set({ ...first.entry, state: 'active', addedAtMs: site.context.clock.wallMs() }, volume);
      await pass(1_000);
      expect(first.entry.state).toBe('active');
      expect(keeper.healthOf(first.entry.id).state).toBe('ok');
    }));

  it('lets go of a retired volume that is gone: it would hold up healing for ever', () =>
    keep(async ({ site, first, lost, fail, pass }) => {
      fail(retired);
      await pass(1_000);
      expect(first.entry.state).toBe('retired');
      fail(gone);
      await pass(1_000);
      expect(await count(site)).toBe(0);
      expect(first.volume).toBeDefined();
      await pass(6_000);
      expect(first.volume).toBeUndefined();
      expect(first.entry.state).toBe('retired');
      expect(lost).toEqual([first.entry.id]);
    }));

  it('still asks a retired volume that is there', () =>
    keep(async ({ first, fail, pass }) => {
      fail(retired);
      for (let look = 0; look < 30; look++) await pass(1_000);
      expect(first.volume).toBeDefined();
      expect(first.isSilent).toBe(false);
    }));
});
