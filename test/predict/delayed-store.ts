/**
 * Why: the shipping store as server/start.ts puts it together, without its doors: six volumes on a disk, journals,
 * background work, metrics. Only its volumes and commits are slowed down, so that what the planner says of them
 * outweighs the noise of the machine.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminService } from '../../src/admin/contract.ts';
import { steadyClock, systemClock } from '../../src/base/clock.ts';
import { FaultSchedule } from '../../src/base/fault-schedule.ts';
import { blake3Engine } from '../../src/base/hash.ts';
import type { VolumeId } from '../../src/base/ids.ts';
import { systemRandom } from '../../src/base/random.ts';
import { ReadMemory } from '../../src/base/read-memory.ts';
import { MemoryCache } from '../../src/cache/memory/memory-cache.ts';
import { continueStamps } from '../../src/catalog/removed-stamps.ts';
import { openNodeDisk } from '../../src/disk/node/node-disk.ts';
import { withKvFaults } from '../../src/kv/faults/faulty-kv.ts';
import type { Kv } from '../../src/kv/kv.ts';
import type { ClassLayout } from '../../src/layout/layout.ts';
import { createObjectStore } from '../../src/object/object-store.ts';
import type { ObjectStore } from '../../src/object/store.ts';
import { silentLog } from '../../src/observe/log.ts';
import { MetricRegistry } from '../../src/observe/metrics/registry.ts';
import { type OpenCatalog, openCatalog } from '../../src/server/catalog/open-catalog.ts';
import { startDuties } from '../../src/server/duties/duties.ts';
import { hasWork } from '../../src/server/duties/healer.ts';
import { Jobs } from '../../src/server/jobs.ts';
import { makeDirectory } from '../../src/server/make-directory.ts';
import { meteredCache } from '../../src/server/metrics/metered/cache.ts';
import { meteredKv } from '../../src/server/metrics/metered/kv.ts';
import { volumeMeter } from '../../src/server/metrics/metered/volume.ts';
import { storeMetrics } from '../../src/server/metrics/store-metrics.ts';
import { Notices } from '../../src/server/notices.ts';
import { loadMembers, prepareStore } from '../../src/server/prepare-store.ts';
import { createAdminService } from '../../src/server/service/admin-service.ts';
import { assembleSite, oweBadCopy, type Site } from '../../src/server/site.ts';
import { openDirectory, type StoreDirectory } from '../../src/server/store-directory.ts';
import { withVolumeFaults } from '../../src/volume/faults/faulty-volume.ts';
import type { Volume } from '../../src/volume/volume.ts';
import { wait } from '../durability/lost/trial.ts';

export const lostAfterMs = 1_000;

const nameHash = 'blake3';
const volumeCount = 6;
const copies = 3;
const memoryBytes = 256 * 2 ** 20;
const pollMs = 20;

/**
 * One read in 33 is slow, so that hedging has something to do. Usual reads and puts take at most so long that what the
 * machine adds keeps them in the same bucket of the metrics (160 ms, 315 ms): the quantile that a hedge waits for is
 * read from there.
 */
function delaysOf(seed: number) {
  const delays = (operation: string, rate: number, [leastDelayMs, maxDelayMs]: readonly [number, number]) =>
    new FaultSchedule({ seed: seed + leastDelayMs, rates: { [`${operation}:delay`]: rate }, leastDelayMs, maxDelayMs });
  return {
    volumes: [delays('put', 1, [160, 300]), delays('read', 1, [80, 150]), delays('read', 0.03, [161, 400])],
    commits: delays('commit', 1, [50, 100]),
  };
}

type Delays = ReturnType<typeof delaysOf>;
type Duties = ReturnType<typeof startDuties>;

type Parts = {
  readonly delays: Delays;
  readonly registry: MetricRegistry;
  readonly directory: StoreDirectory;
  readonly catalog: OpenCatalog;
  readonly site: Site;
  readonly service: AdminService;
};

type Ground = Pick<Parts, 'delays' | 'registry' | 'directory' | 'catalog'> & { readonly kv: Kv; readonly jobs: Jobs };

export class DelayedStore {
  readonly objects: ObjectStore;
  readonly #stack: AsyncDisposableStack;
  readonly #parts: Parts;

  private constructor(stack: AsyncDisposableStack, parts: Parts) {
    this.#stack = stack;
    this.#parts = parts;
    this.objects = createObjectStore(parts.site.objects);
  }

  /** A new store in a directory of its own. */
  static async begin(folder: string, { cacheBytes }: { readonly cacheBytes: number }): Promise<DelayedStore> {
    await using stack = new AsyncDisposableStack();
    const ground = await openGround(stack, folder);
    const { site, service } = await startSite(stack, ground, cacheBytes);
    return new DelayedStore(stack.move(), { ...ground, site, service });
  }

  /** In the order of their joining. */
  get volumes(): readonly VolumeId[] {
    return this.#parts.site.members.all().map(({ entry }) => entry.id);
  }

  get cacheUsage() {
    return this.#parts.site.objects.cache.usage();
  }

  /** What `/metrics` says now. */
  metrics(): string {
    return this.#parts.registry.print();
  }

  /** Does the work without delays: to fill the store, or where time does not matter. */
  async atFullSpeed<T>(work: () => Promise<T>): Promise<T> {
    const schedules = [...this.#parts.delays.volumes, this.#parts.delays.commits];
    for (const schedule of schedules) schedule.pause();
    try {
      return await work();
    } finally {
      for (const schedule of schedules) schedule.resume();
    }
  }

  layout(classId: number): Promise<ClassLayout> {
    return this.#parts.site.layouts.refresh(classId);
  }

  /** Resolves when all partitions that a change moves have arrived. */
  async addVolume(path: string): Promise<void> {
    await this.#parts.service.addVolume({ path });
  }

  /** A volume without a journal is taken away; resolves with its id when all that it held is elsewhere. */
  async loseVolume(): Promise<VolumeId> {
    const { catalog, directory, site } = this.#parts;
    const carriers = catalog.journalVolumes();
    const known = directory.known.find(({ id }) => !carriers.includes(id));
    if (known === undefined) throw new Error('every volume carries a journal');
    await rename(known.path, `${known.path}-away`);
    while (site.members.get(known.id)?.entry.state !== 'lost') await wait(pollMs);
    return known.id;
  }

  async healed(): Promise<void> {
    while (await hasWork(this.#parts.site, new AbortController().signal)) await wait(pollMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Bytes that this process has written to files so far, as the kernel counts them. */
export async function writtenBytes(): Promise<number> {
  const counters = await readFile('/proc/self/io', 'utf8');
  return Number(/^wchar: (\d+)$/m.exec(counters)?.[1]);
}

async function openGround(stack: AsyncDisposableStack, folder: string): Promise<Ground> {
  await makeDirectory(folder);
  const delays = delaysOf(1);
  const registry = new MetricRegistry();
  const clock = steadyClock(systemClock);
  const slow = (volume: Volume) =>
    delays.volumes.reduce((inner, schedule) => withVolumeFaults(inner, { schedule, clock: systemClock }), volume);
  const measure = volumeMeter(registry, systemClock);
  const room = { clock, random: systemRandom, log: silentLog, meter: (volume: Volume) => measure(slow(volume)) };
  const home = openNodeDisk(folder);
  const directory = await openDirectory({ home, path: folder, firstVolumes: volumeCount, ...room });
  stack.defer(() => directory.close());
  const jobs = new Jobs(systemClock);
  const catalog = await openCatalog({ directory, folder: join(folder, 'catalog'), jobs, patient: false, ...room });
  stack.defer(() => catalog.close());
  await prepareStore({ kv: catalog.kv, directory, clock: systemClock, copies, nameHash, places: [] });
  const slowKv = withKvFaults(catalog.kv, { schedule: delays.commits, clock: systemClock });
  return { delays, registry, directory, catalog, jobs, kv: meteredKv(slowKv, registry, systemClock) };
}

async function startSite(stack: AsyncDisposableStack, ground: Ground, cacheBytes: number) {
  const { kv, registry, directory, catalog, jobs } = ground;
  const notices = new Notices();
  const site = assembleSite({
    kv,
    clock: steadyClock(systemClock),
    stamps: await continueStamps(kv, systemClock),
    random: systemRandom,
    cache: meteredCache(new MemoryCache({ capacityBytes: cacheBytes }), registry, systemClock),
    memoryBytes,
    hash: nameHash,
    bucketDefaults: { copies, writeQuorum: 2, blockBytes: 2 ** 20, md5Etags: false },
    verifiedForMs: 60_000,
    readMemory: new ReadMemory({ maxFreeBytes: 0 }),
    onBadCopy: (volume, address) => void oweBadCopy(site, volume, address),
    onFailure: (volume, error) => notices.failedCall({ volume, error }),
  });
  await loadMembers(site, directory);
  const rest = { notices, log: silentLog, metrics: registry, scrubPeriodMs: 24 * 3_600_000, lostAfterMs };
  const duties = startDuties({ site, jobs, catalog, directory, ...rest });
  stack.defer(() => jobs.stop());
  stack.defer(() => duties.stop());
  storeMetrics(registry, site);
  return { site, service: serviceOf(ground, site, duties) };
}

function serviceOf({ jobs, catalog, directory }: Ground, site: Site, duties: Duties): AdminService {
  return createAdminService({
    site,
    jobs,
    catalog,
    keeper: duties.keeper,
    adopt: duties.adopt,
    wakeHealer: () => duties.wakeHealer(),
    scrubJournals: (job) => duties.scrubJournals(job),
    identity: {
      storeId: directory.storeId,
      version: '',
      startedAtMs: 0,
      copies,
      writeQuorum: 2,
      nameHash: { names: nameHash, engine: blake3Engine },
    },
    front: () => ({
      kind: 'portable',
      reason: 'nothing is asked over a network here',
      threads: { serving: 0, wanted: 0 },
    }),
    endpoint: () => '',
    serving: () => 'serving',
  });
}
