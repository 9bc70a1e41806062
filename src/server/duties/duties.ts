/**
 * Why: the background work of a store, each piece with its pace and its owner, started together and stopped together.
 */
import type { NewVolume } from '../../admin/contract.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import { toCopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import { collectGarbage } from '../../object/collect/collector.ts';
import type { Log } from '../../observe/log.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { OpenVolume } from '../../replica/register-volume.ts';
import type { OpenCatalog } from '../catalog/open-catalog.ts';
import type { JobControl, Jobs } from '../jobs.ts';
import type { Notices } from '../notices.ts';
import { oweBadCopy, type Site } from '../site.ts';
import type { StoreDirectory } from '../store-directory.ts';
import { adoptVolume, reopenVolumes } from './adopt.ts';
import { healRound } from './healer.ts';
import { keepJournals } from './journal-keeper.ts';
import { JournalScrubber } from './journal-scrubber.ts';
import { Keeper } from './keeper.ts';
import { Duty } from './loop.ts';
import { scrub } from './scrubber.ts';

export type DutiesOptions = {
  readonly site: Site;
  readonly jobs: Jobs;
  readonly catalog: OpenCatalog;
  readonly directory: StoreDirectory;
  readonly notices: Notices;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly scrubPeriodMs: number;
  readonly lostAfterMs: number;
};

export type Duties = {
  readonly keeper: Keeper;
  readonly adopt: (volume: NewVolume, options: CallOptions) => Promise<OpenVolume>;
  wakeHealer(): void;
  /** Now, at full pace. */
  scrubJournals(job: JobControl): Promise<void>;
  stop(): Promise<void>;
};

const silentGraceMs = 10 * 60_000;
const keeperPauseMs = 1_000;
const healerPauseMs = 2_000;
const journalPauseMs = 2_000;
const collectPauseMs = 10 * 60_000;
const firstCollectMs = 60_000;
const trimPauseMs = 60_000;
const memoryPauseMs = 2_000;
const roomPauseMs = 1_000;
/** Between looks whether a scrub is due. */
const scrubPauseMs = 1_000;
/** Changes kept for consumers that lag. */
const keptChanges = 100_000;
/** While the catalog's disk is full: room is worth more. */
const keptWhenFull = 1_000;
const maxMarks = 500_000;
/** A scrub works for a tenth of the time, a third when nobody is served; one that is asked for does not rest. */
const scrubPace = { restWhenBusy: 9, restWhenIdle: 2, mostRestMs: 5_000 };
/** Damage comes in swarms: after a finding the next scrub begins soon. */
const swarmDelayMs = 5_000;

export function startDuties(options: DutiesOptions): Duties {
  const { site, jobs, catalog, directory, log } = options;
  const { clock } = site.repair;
  const duty = (name: string, pauseMs: number, round: (signal: AbortSignal) => Promise<void>) =>
    new Duty({ name, clock, log, pauseMs, round });
  const rule = { goneGraceMs: options.lostAfterMs, silentGraceMs };
  const keeper = new Keeper({
    site,
    log,
    rule,
    onLayoutChange: () => wakeHealer(),
    isOpening: (id) => directory.isOpening(id),
    onLost: (id) => directory.release(id),
  });
  const keeping = duty('keeper', keeperPauseMs, async (signal) => {
    const isGone = (id: VolumeId) => keeper.healthOf(id).state === 'gone';
    const outcomes = await Promise.allSettled([reopenVolumes({ site, directory }, isGone), keeper.round(signal)]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw toCopysetError(outcome.reason);
  });
  const healing = duty('healer', healerPauseMs, (signal) => healRound(site, jobs, signal));
  const journals = duty('journal keeper', journalPauseMs, (signal) => keepJournals({ site, catalog, log }, signal));
  const scrubbing = startScrubbing(options, duty);
  const { metrics, scrubPeriodMs: periodMs } = options;
  const journalScrubber = new JournalScrubber({ catalog, jobs, clock, log, metrics, periodMs });
  const journalScrubbing = duty('journal scrubber', scrubPauseMs, (signal) => journalScrubber.round(signal));
  const collecting = startCollecting(options, duty);
  const trimming = duty('log trimmer', trimPauseMs, (signal) => trimLog(catalog, signal));
  const memoryTrimming = duty('memory trimmer', memoryPauseMs, async () => site.objects.readMemory.trim());
  const roomKeeping = duty('room keeper', roomPauseMs, (signal) => catalog.tend({ signal }));
  const wakeHealer = () => healing.wake();
  options.notices.handle({
    failedCall: () => keeping.wake(),
    badCopy: ({ volume, address, error }) => {
      log.warn('a bad copy was met; another one is used and this one repaired', { volume, block: address.name, error });
      scrubbing.soon();
      oweBadCopy(site, volume, address).then(wakeHealer, (failure: unknown) =>
        log.warn('a bad copy could not be recorded', { volume, error: failure }),
      );
    },
  });
  return {
    keeper,
    adopt: (volume, call) => adoptVolume({ site, directory }, volume, call),
    wakeHealer,
    scrubJournals: (job) => journalScrubber.scrub(job),
    stop: async () => {
      const scrubs = [scrubbing.duty, journalScrubbing];
      const all = [keeping, healing, journals, ...scrubs, collecting, trimming, memoryTrimming, roomKeeping];
      await Promise.all(all.map((each) => each.stop()));
    },
  };
}

type StartDuty = (name: string, pauseMs: number, round: (signal: AbortSignal) => Promise<void>) => Duty;

/** One scrub a period, counted from the start; damage brings it forward. */
function startScrubbing(
  { site, jobs, scrubPeriodMs }: DutiesOptions,
  duty: StartDuty,
): { readonly duty: Duty; soon(): void } {
  const { clock } = site.repair;
  let dueMs = clock.monotonicMs() + scrubPeriodMs;
  const work = (job: JobControl) => scrub(site, scrubPace, job);
  const scrubbing = duty('scrubber', scrubPauseMs, async (signal) => {
    if (clock.monotonicMs() < dueMs) return;
    dueMs = clock.monotonicMs() + scrubPeriodMs;
    await jobs.finished(jobs.start({ kind: 'scrub', unit: 'bytes', inBackground: true }, work), { signal });
  });
  return {
    duty: scrubbing,
    soon: () => {
      dueMs = Math.min(dueMs, clock.monotonicMs() + swarmDelayMs);
    },
  };
}

function startCollecting({ site, jobs }: DutiesOptions, duty: StartDuty): Duty {
  const { clock } = site.repair;
  const firstMs = clock.monotonicMs() + firstCollectMs;
  const work = async (job: JobControl) => {
    const report = await collectGarbage({ ...site.repair, blocks: site.objects.blocks, maxMarks }, job);
    job.advance(report.purged);
  };
  return duty('collector', collectPauseMs, async (signal) => {
    await clock.sleep(Math.max(0, firstMs - clock.monotonicMs()), { signal });
    await jobs.finished(jobs.start({ kind: 'collect', unit: 'blocks' }, work), { signal });
  });
}

async function trimLog(catalog: OpenCatalog, signal: AbortSignal): Promise<void> {
  const { revision } = await catalog.kv.status({ signal });
  const kept = catalog.isFull() ? keptWhenFull : keptChanges;
  if (revision > kept) await catalog.kv.trim(revision - kept, { signal });
}
