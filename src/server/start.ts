/**
 * Why: the composition root: the only place that knows which drivers there are, in which order things start, and in
 * which order they stop. Each step registers how it is undone; a start that fails half-way undoes what it did.
 */
import { join, resolve } from 'node:path';
import type { AccessKey } from '../access/credentials.ts';
import type { AdminService } from '../admin/contract.ts';
import { startAdmin } from '../admin/server.ts';
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { type Clock, steadyClock, systemClock } from '../base/clock.ts';
import { CopysetError, isCopysetError } from '../base/errors.ts';
import { blake3Engine } from '../base/hash.ts';
import { systemRandom } from '../base/random.ts';
import { ReadMemory } from '../base/read-memory.ts';
import { MemoryCache } from '../cache/memory/memory-cache.ts';
import type { StoreEntry } from '../catalog/records/store-entry.ts';
import { continueStamps } from '../catalog/removed-stamps.ts';
import type { VolumePlace } from '../config/volume-places.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import { defaultQuorum } from '../object/buckets.ts';
import type { Log } from '../observe/log.ts';
import { defaultS3Limits } from '../s3/limits.ts';
import { type OpenCatalog, openCatalog } from './catalog/open-catalog.ts';
import { serveS3 } from './door/serve-s3.ts';
import { type Duties, startDuties } from './duties/duties.ts';
import { Jobs } from './jobs.ts';
import { makeDirectory } from './make-directory.ts';
import { cutMemory, type MemoryShares } from './memory-shares.ts';
import { meteredCache } from './metrics/metered/cache.ts';
import { meteredKv } from './metrics/metered/kv.ts';
import { volumeMeter } from './metrics/metered/volume.ts';
import { storeMetrics } from './metrics/store-metrics.ts';
import { Notices } from './notices.ts';
import { startWatch, type Watch } from './observability/watch.ts';
import { watchVolumes } from './observability/watch-volumes.ts';
import { writeProblem } from './observability/write-problem.ts';
import { admitStore, loadMembers, nameHashOfStore, prepareStore } from './prepare-store.ts';
import { loadRootKey } from './root-key.ts';
import type { RunningServer, ServerOptions } from './running-server.ts';
import { createAdminService } from './service/admin-service.ts';
import { assembleSite, type Site } from './site.ts';
import { openDirectory, type StoreDirectory } from './store-directory.ts';
import { version } from './version.ts';

const drainDeadlineMs = 20_000;
/** What `--verify-reads window` means. */
const verifiedForMs = 10 * 60_000;

/**
 * A database that turns out to be damaged on the way is set aside; what is started then makes it anew. The signal ends
 * a start, above all one that waits, and undoes what it did.
 */
export async function startServer(options: ServerOptions, call: CallOptions = {}): Promise<RunningServer> {
  try {
    return await start(options, call);
  } catch (error) {
    if (!isCopysetError(error, 'catalog.damaged')) throw error;
    return start(options, call);
  }
}

async function start(options: ServerOptions, call: CallOptions): Promise<RunningServer> {
  const stack = new AsyncDisposableStack();
  try {
    return await startInto(stack, options, call);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

type Ground = {
  readonly clock: Clock;
  readonly watch: Watch;
  readonly notices: Notices;
  readonly key: AccessKey;
  readonly jobs: Jobs;
  readonly shares: MemoryShares;
  readonly memory: ReadMemory;
  readonly directory: StoreDirectory;
  readonly catalog: OpenCatalog;
  readonly store: StoreEntry;
};

async function startInto(
  stack: AsyncDisposableStack,
  options: ServerOptions,
  call: CallOptions,
): Promise<RunningServer> {
  refuseTooFewVolumes(options);
  const startedAtMs = systemClock.wallMs();
  const ground = await openGround(stack, options, call);
  const { catalog, jobs, key, shares, store, watch } = ground;
  const { site, duties } = await startSite(stack, ground, options);
  const s3 = await serveS3({ key, watch, site, options, limits: shares.door });
  stack.defer(() => s3.drain(drainDeadlineMs));
  const endpoint = urlOf(s3.address);
  const writeQuorum = defaultQuorum(store.copies);
  const service = createAdminService({
    site,
    jobs,
    catalog,
    keeper: duties.keeper,
    adopt: duties.adopt,
    wakeHealer: () => duties.wakeHealer(),
    scrubJournals: (job) => duties.scrubJournals(job),
    identity: { ...identityOf(store, writeQuorum), version, startedAtMs },
    endpoint: () => endpoint,
    front: () => s3.status(),
    serving: () => (watch.readiness.isDraining ? 'draining' : 'serving'),
  });
  const admin = await serveAdmin(stack, service, { options, log: watch.log });
  watch.show(service);
  watch.readiness.serve(() => [s3.problem(), catalog.readOnlyReason(), writeProblem(site, writeQuorum)]);
  return {
    endpoint,
    admin,
    metrics: watch.url,
    ...key,
    volumes: site.members.all().map(({ entry }) => ({ id: entry.id, path: entry.path })),
    service,
    failed: catalog.failed,
    drain: async () => {
      watch.readiness.drain();
      await stack.disposeAsync();
    },
  };
}

function identityOf(store: StoreEntry, writeQuorum: number) {
  const names = nameHashOfStore(store);
  const engine = names === 'blake3' ? blake3Engine : 'native';
  return { storeId: store.id, copies: store.copies, writeQuorum, nameHash: { names, engine } } as const;
}

/** A store that could never heal is not begun. */
function refuseTooFewVolumes({ volumes, copies }: ServerOptions): void {
  const count = typeof volumes === 'number' ? volumes : volumes.length;
  if (copies === undefined || copies <= count) return;
  throw new CopysetError('request.invalid', `${copies} copies need ${copies} volumes or more, not ${count}`);
}

/** The data directory, its lock and key, the volumes, the catalog. What watches all of it comes behind the lock. */
async function openGround(stack: AsyncDisposableStack, options: ServerOptions, call: CallOptions): Promise<Ground> {
  await makeDirectory(options.directory);
  const home = openNodeDisk(options.directory);
  const lock = await home.lock('lock');
  stack.defer(() => lock.release());
  const { metricsListen, logLevel } = options;
  const watch = await startWatch({ listen: metricsListen, logLevel, logTo: process.stderr, clock: systemClock });
  stack.defer(() => watch.close());
  const { log } = watch;
  const clock = steadyClock(systemClock);
  const shares = cutMemory(options.memoryBytes, defaultS3Limits);
  const memory = new ReadMemory({ maxFreeBytes: shares.keptReadBytes });
  const room = { clock, random: systemRandom, log, memory, meter: volumeMeter(watch.metrics, systemClock) };
  const key = options.rootKey ?? (await loadRootKey(home, systemRandom));
  const notices = new Notices();
  const onDamage = notices.badCopy.bind(notices);
  const own = { home, path: options.directory, firstVolumes: options.volumes, onDamage, ...room };
  const directory = await openDirectory(own, call);
  stack.defer(() => directory.close());
  const places = typeof options.volumes === 'number' ? [] : options.volumes;
  tellUnknownPlaces(directory, places, log);
  const jobs = new Jobs(systemClock);
  const catalog = await openCatalog({
    directory,
    folder: join(options.directory, 'catalog'),
    jobs,
    patient: true,
    admit: (found) => admitStore(found, options),
    ...room,
    ...call,
  });
  stack.defer(() => catalog.close());
  throwIfAborted(call.signal);
  const { copies, nameHash } = options;
  const store = await prepareStore({ kv: catalog.kv, directory, clock: systemClock, copies, nameHash, places });
  return { clock, watch, notices, key, jobs, shares, memory, directory, catalog, store };
}

/** A volume joins a running store by a command, for then everything moves; a changed file alone moves nothing. */
function tellUnknownPlaces({ known }: StoreDirectory, places: readonly VolumePlace[], log: Log): void {
  for (const { path } of places) {
    if (!known.some((volume) => volume.path === resolve(path)))
      log.warn('a configured volume is not of the store; add it with `copyset volume add`', { path });
  }
}

async function startSite(
  stack: AsyncDisposableStack,
  ground: Ground,
  options: ServerOptions,
): Promise<{ site: Site; duties: Duties }> {
  const { catalog, directory, jobs, notices, shares, store, watch } = ground;
  const { log, metrics } = watch;
  const cache = new MemoryCache({ capacityBytes: shares.tierBytes });
  const site = assembleSite({
    kv: meteredKv(catalog.kv, metrics, systemClock),
    clock: ground.clock,
    stamps: await continueStamps(catalog.kv, systemClock),
    random: systemRandom,
    cache: meteredCache(cache, metrics, systemClock),
    memoryBytes: shares.bodyBytes,
    readMemory: ground.memory,
    readAhead: options.readAhead === 'on' ? { metrics } : undefined,
    hash: nameHashOfStore(store),
    verifiedForMs: options.verifyReads === 'always' ? 0 : verifiedForMs,
    bucketDefaults: {
      copies: store.copies,
      writeQuorum: defaultQuorum(store.copies),
      blockBytes: options.blockBytes,
      md5Etags: false,
    },
    onBadCopy: (volume, address, error) => notices.badCopy({ volume, address, error }),
    onFailure: (volume, error) => notices.failedCall({ volume, error }),
  });
  stack.defer(() => site.objects.readAhead?.stop());
  await loadMembers(site, directory);
  const { scrubPeriodMs, lostAfterMs } = options;
  const duties = startDuties({ site, jobs, catalog, directory, notices, log, metrics, scrubPeriodMs, lostAfterMs });
  stack.defer(() => jobs.stop());
  stack.defer(() => duties.stop());
  storeMetrics(metrics, site);
  const watcher = watchVolumes({ site, keeper: duties.keeper, metrics, log, clock: systemClock });
  stack.defer(() => watcher.stop());
  return { site, duties };
}

async function serveAdmin(
  stack: AsyncDisposableStack,
  service: AdminService,
  { options, log }: { readonly options: ServerOptions; readonly log: Log },
): Promise<string> {
  const admin = await startAdmin({ service, directory: options.directory, listen: options.adminListen, log });
  stack.defer(() => admin.close());
  return admin.url;
}

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}
