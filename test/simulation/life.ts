/**
 * Why: one life of the server, from its start to the kill that ends it: the shipping rooms as server/start.ts puts them
 * together, over the disks, the database and the time of the simulated machine.
 */
import type { BlockAddress } from '../../src/base/block-address.ts';
import { isCopysetError } from '../../src/base/errors.ts';
import type { VolumeId } from '../../src/base/ids.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { ReadMemory } from '../../src/base/read-memory.ts';
import { MemoryCache } from '../../src/cache/memory/memory-cache.ts';
import { noCache } from '../../src/cache/no-cache.ts';
import { continueStamps } from '../../src/catalog/removed-stamps.ts';
import { limitDisk } from '../../src/disk/limit.ts';
import { withKvFaults, withStagingKvFaults } from '../../src/kv/faults/faulty-kv.ts';
import { type JournaledKv, openJournaledKv } from '../../src/kv/journal/journaled-kv.ts';
import type { JournalPlace } from '../../src/kv/journal/place/journal-place.ts';
import { MemoryKv } from '../../src/kv/memory/memory-kv.ts';
import { type CollectionReport, collectGarbage } from '../../src/object/collect/collector.ts';
import { defaultObjectLimits } from '../../src/object/context.ts';
import { createObjectStore } from '../../src/object/object-store.ts';
import type { ObjectStore } from '../../src/object/store.ts';
import { createLog, type Log } from '../../src/observe/log.ts';
import { MetricRegistry } from '../../src/observe/metrics/registry.ts';
import { changeVolumes, setVolumeState } from '../../src/replica/change-volumes.ts';
import { registerVolume } from '../../src/replica/register-volume.ts';
import { heal, healRound } from '../../src/server/duties/healer.ts';
import { keepJournals } from '../../src/server/duties/journal-keeper.ts';
import { JournalScrubber } from '../../src/server/duties/journal-scrubber.ts';
import { Keeper } from '../../src/server/duties/keeper.ts';
import { Duty } from '../../src/server/duties/loop.ts';
import { scrub } from '../../src/server/duties/scrubber.ts';
import { Jobs, type JobWork } from '../../src/server/jobs.ts';
import { entryOf, loadMembers } from '../../src/server/prepare-store.ts';
import { assembleSite, oweBadCopy, type Site } from '../../src/server/site.ts';
import { openFileVolume } from '../../src/volume/file/open-file-volume.ts';
import { readVolumeIdentity } from '../../src/volume/file/read-identity.ts';
import type { Volume } from '../../src/volume/volume.ts';
import type { SimClock } from '../support/sim-clock.ts';
import type { Machine } from './machine/machine.ts';
import type { Slot } from './machine/slot.ts';

/** Small, so that hours of a store fit into minutes of a simulation. */
export const limits = {
  ...defaultObjectLimits,
  requestDeadlineMs: 4_000,
  minPartBytes: 0,
  maxInlineBlocks: 3,
  minBlockBytes: 1,
};
export const graceMs = 2 * limits.requestDeadlineMs;
const journalCount = 3;
const operatorAttempts = 10;
const rule = { goneGraceMs: 4_000, silentGraceMs: 20_000 };
const pauses = { keeperMs: 1_000, healerMs: 1_500, journalsMs: 2_000 };
const journalScrubMs = 30_000;
const atOnce = { restWhenBusy: 0, restWhenIdle: 0, mostRestMs: 0 };
const volumeLimits = {
  segmentBytes: 96 * 1024,
  minGarbageBytes: 32 * 1024,
  batchBytes: 16 * 1024,
  checkpointBytes: 32 * 1024,
};
const journalLimits = {
  syncTimeoutMs: 2_000,
  copyTimeoutMs: 20_000,
  rotateBytes: 64 * 1024,
  snapshotBytes: 128 * 1024,
  reserveBytes: 4 * 1024,
};

export type LifeOptions = {
  readonly machine: Machine;
  /** Of this process alone. */
  readonly clock: SimClock;
  readonly cached: boolean;
  readonly trace?: ((line: string) => void) | undefined;
};

type Ground = {
  readonly machine: Machine;
  readonly clock: SimClock;
  readonly random: Random;
  readonly log: Log;
  readonly kv: JournaledKv;
  readonly jobs: Jobs;
  readonly site: Site;
};

export class Life {
  readonly site: Site;
  readonly store: ObjectStore;
  /** Without the cache: what the volumes have. */
  readonly uncached: ObjectStore;
  readonly kv: JournaledKv;
  readonly #ground: Ground;
  readonly #keeper: Keeper;
  readonly #journalScrubber: JournalScrubber;
  readonly #open = new Map<VolumeId, Volume>();
  readonly #closing = new Map<VolumeId, Promise<void>>();
  readonly #ended = Promise.withResolvers<never>();
  #healing: Duty | undefined;

  /** Rejects when the server cannot start now. */
  static async start({ machine, clock, cached, trace }: LifeOptions): Promise<Life> {
    const random = seededRandom(machine.random.integer(2 ** 32));
    const log = createLog({ level: trace === undefined ? 'error' : 'debug', clock, write: trace ?? (() => undefined) });
    const kv = await openCatalog(machine, clock, random);
    let life: Life | undefined;
    const site = assembleSite({
      kv: withKvFaults(kv, { schedule: machine.catalogTroubles, clock }),
      clock,
      stamps: await continueStamps(kv, clock),
      random,
      cache: cached ? new MemoryCache({ capacityBytes: 6 * 1024 }) : noCache,
      memoryBytes: 256 * 1024,
      hash: 'blake3',
      bucketDefaults: { copies: 3, writeQuorum: 2, blockBytes: 1024, md5Etags: false },
      verifiedForMs: 60_000,
      readMemory: new ReadMemory({ maxFreeBytes: 0 }),
      limits,
      onBadCopy: (id, address) => life?.oweCopy(id, address),
      onFailure: () => undefined,
    });
    life = new Life({ machine, clock, random, log, kv, site, jobs: new Jobs(clock) });
    await life.#loadVolumes();
    life.#startDuties();
    return life;
  }

  private constructor(ground: Ground) {
    this.#ground = ground;
    const { site, kv, log } = ground;
    this.site = site;
    this.kv = kv;
    this.store = createObjectStore(site.objects);
    this.uncached = createObjectStore({ ...site.objects, cache: noCache });
    this.#keeper = new Keeper({
      site,
      log,
      rule,
      onLayoutChange: () => this.#healing?.wake(),
      onLost: (id) => this.#release(id),
    });
    this.#journalScrubber = new JournalScrubber({
      catalog: { journals: () => kv.journalStatus().places, scrubJournals: (options) => kv.scrubJournals(options) },
      jobs: ground.jobs,
      clock: ground.clock,
      log,
      metrics: new MetricRegistry(),
      periodMs: journalScrubMs,
    });
    this.#ended.promise.catch(() => undefined);
  }

  /** The process is killed: nobody in it wakes up again, and who waits for it hears so. */
  kill(reason: Error): void {
    this.#ground.clock.stop();
    this.#ended.reject(reason);
  }

  /** As `work`, or rejects when this life ends before. */
  async during<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined); // the work of a dead process may fail as it likes
    return Promise.race([work, this.#ended.promise]);
  }

  oweCopy(id: VolumeId, address: BlockAddress): void {
    oweBadCopy(this.site, id, address).then(
      () => this.#healing?.wake(),
      () => undefined, // met again by the next read or scrub
    );
  }

  /** One whole collection, or what is left of one that is under way; `onReport` hears what the former did. */
  collect(onReport: (report: CollectionReport) => void = () => undefined): Promise<void> {
    const { site } = this;
    return this.#job('collect', async (job) => {
      onReport(await collectGarbage({ ...site.repair, blocks: site.objects.blocks, maxMarks: 1_000_000 }, job));
    });
  }

  /** `copyset scrub`: the journals too. */
  scrub(): Promise<void> {
    return this.#job('scrub', async (job) => {
      await this.#journalScrubber.scrub(job);
      await scrub(this.site, atOnce, job);
    });
  }

  heal(): Promise<void> {
    return this.#job('repair', (job) => heal(this.site, job));
  }

  /** `copyset volume add`, for one that is new and one that comes back. */
  async addVolume(slot: Slot): Promise<void> {
    const volume = await this.#openVolume(slot);
    if (volume === undefined) return;
    const { clock } = this.#ground;
    const entry = entryOf(slot, clock, { domain: slot.device });
    await this.#repeated(() => registerVolume(this.site.repair, { entry, volume }));
    await this.#refreshLayouts();
  }

  /** `copyset volume drain` and `retire`, without waiting for the end. */
  async leaveVolume(id: VolumeId, state: 'draining' | 'retired'): Promise<void> {
    const member = this.site.members.get(id);
    if (member === undefined) return;
    await this.#repeated(() => setVolumeState(this.site.repair.kv, id, { state, reason: 'asked for by an operator' }));
    member.entry = { ...member.entry, state };
    await this.#refreshLayouts();
  }

  /** An operator gives a command again until it is done: one that failed may be done in part. */
  async #repeated(work: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await work();
        return;
      } catch (error) {
        if (attempt === operatorAttempts || !isCopysetError(error)) throw error;
      }
      await this.#ground.clock.sleep(1_000);
    }
  }

  async #refreshLayouts(): Promise<void> {
    for (const { classId } of this.site.layouts.all()) await this.site.layouts.refresh(classId);
    this.#healing?.wake();
  }

  #job(kind: 'collect' | 'scrub' | 'repair', work: JobWork): Promise<void> {
    const { jobs } = this.#ground;
    return jobs.finished(jobs.start({ kind, unit: 'blocks' }, work));
  }

  async #loadVolumes(): Promise<void> {
    const { machine, clock, kv, site } = this.#ground;
    if ((await kv.status()).revision === 0) {
      const entries = machine.slots.map((slot) => entryOf(slot, clock, { domain: slot.device }));
      await changeVolumes(kv, () => entries);
    }
    await loadMembers(site, { open: (known) => this.#openVolume(slotOf(machine, known.id)) });
  }

  #startDuties(): void {
    const { machine, clock, kv, site, log, jobs } = this.#ground;
    const duty = (name: string, pauseMs: number, round: (signal: AbortSignal) => Promise<void>) =>
      new Duty({ name, clock, log, pauseMs, round });
    duty('keeper', pauses.keeperMs, async (signal) => {
      await this.#reopenVolumes();
      await this.#keeper.round(signal);
    });
    this.#healing = duty('healer', pauses.healerMs, (signal) => healRound(site, jobs, signal));
    const catalog = {
      journalVolumes: () => kv.journalStatus().members,
      moveJournals: (volumes: readonly { readonly id: VolumeId }[]) =>
        kv.changeJournals(volumes.map(({ id }) => placeOf(slotOf(machine, id), clock))),
    };
    duty('journal keeper', pauses.journalsMs, (signal) => keepJournals({ site, catalog, log }, signal));
    duty('journal scrubber', pauses.journalsMs, (signal) => this.#journalScrubber.round(signal));
  }

  /** As server/duties/adopt.ts does. */
  async #reopenVolumes(): Promise<void> {
    const { machine, clock, site } = this.#ground;
    for (const member of site.members.holding()) {
      const { entry, volume } = member;
      const slot = slotOf(machine, entry.id);
      if (volume !== undefined && this.#keeper.healthOf(entry.id).state !== 'gone') continue;
      if (!(await isThere(slot, clock))) continue;
      if (volume !== undefined) await this.#release(entry.id);
      member.volume = await this.#openVolume(slot);
    }
  }

  async #openVolume(slot: Slot): Promise<Volume | undefined> {
    const known = this.#open.get(slot.id);
    if (known !== undefined) return known;
    const { machine, clock, log } = this.#ground;
    const { id, path } = slot;
    await Promise.allSettled([this.#closing.get(id)]); // as StoreDirectory waits for it
    try {
      const volume = await openFileVolume({
        disk: slot.blocks.mount(clock),
        storeId: machine.storeId,
        volumeId: id,
        clock,
        limits: volumeLimits,
        onProblem: (error) => log.warn('background work of a volume failed', { volume: id, error }),
      });
      this.#open.set(id, volume);
      return volume;
    } catch (error) {
      if (isCopysetError(error, 'volume.locked', 'format.unknown_version', 'bug')) throw error;
      log.warn('a volume cannot be opened', { volume: id, path, error });
      return undefined;
    }
  }

  async #release(id: VolumeId): Promise<void> {
    const volume = this.#open.get(id);
    this.#open.delete(id);
    if (volume === undefined) return;
    const closing = volume.close().finally(() => this.#closing.delete(id));
    this.#closing.set(id, closing);
    await closing;
  }
}

async function openCatalog(machine: Machine, clock: SimClock, random: Random): Promise<JournaledKv> {
  const inner = new MemoryKv({ random, file: machine.database });
  const isFirst = !machine.isInitialised;
  const carriers = isFirst ? machine.slots.slice(0, journalCount) : machine.slots;
  const kv = await openJournaledKv({
    inner: withStagingKvFaults(inner, { schedule: machine.databaseTroubles, clock }),
    journals: carriers.map((slot) => placeOf(slot, clock)),
    storeId: machine.storeId,
    clock,
    random,
    limits: journalLimits,
    waitFor: () => clock.sleep(1_000),
  });
  machine.isInitialised = true;
  return kv;
}

function placeOf({ id, journal, device }: Slot, clock: SimClock): JournalPlace {
  return { id, disk: limitDisk(journal.mount(clock), { maxInFlight: 3, maxWaiters: 4096 }), domain: device };
}

async function isThere(slot: Slot, clock: SimClock): Promise<boolean> {
  try {
    return (await readVolumeIdentity(slot.blocks.mount(clock))).volumeId === slot.id;
  } catch (error) {
    if (isCopysetError(error, 'volume.gone', 'disk.not_found', 'disk.io', 'format.damaged')) return false;
    throw error;
  }
}

function slotOf(machine: Machine, id: VolumeId): Slot {
  const slot = machine.slots.find((one) => one.id === id);
  if (slot === undefined) throw new Error(`the machine has no volume ${id}`);
  return slot;
}
