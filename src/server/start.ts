/**
 * Why: the composition root: the only place that knows which drivers there are, in which order things start, and in
 * which order they stop. Each step registers how it is undone; a start that fails half-way undoes what it did.
 */
import { join } from 'node:path';
import { type AccessKey, rootCredentials } from '../access/credentials.ts';
import type { AdminService } from '../admin/contract.ts';
import { startAdmin } from '../admin/server.ts';
import { type CallOptions, throwIfAborted } from '../base/async/abort.ts';
import { systemClock } from '../base/clock.ts';
import { CopysetError, isCopysetError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { MemoryCache } from '../cache/memory/memory-cache.ts';
import type { StoreEntry } from '../catalog/records/store-entry.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import { defaultQuorum } from '../object/buckets.ts';
import { createObjectStore } from '../object/object-store.ts';
import { createLog, type Log } from '../observe/log.ts';
import type { MetricRegistry } from '../observe/metrics/registry.ts';
import type { RequestRecord } from '../s3/request-log.ts';
import { startS3 } from '../s3/server.ts';
import { type OpenCatalog, openCatalog } from './catalog/open-catalog.ts';
import { type Duties, startDuties } from './duties/duties.ts';
import { Jobs } from './jobs.ts';
import { makeDirectory } from './make-directory.ts';
import { requestMetrics, storeMetrics } from './metrics.ts';
import { Notices } from './notices.ts';
import { admitStore, loadMembers, prepareStore } from './prepare-store.ts';
import { loadRootKey } from './root-key.ts';
import type { RunningServer, ServerOptions } from './running-server.ts';
import { createAdminService } from './service/admin-service.ts';
import { assembleSite, type Site } from './site.ts';
import { openDirectory, type StoreDirectory } from './store-directory.ts';
import { version } from './version.ts';

const drainDeadlineMs = 20_000;
/** Of the memory budget, on top of it: hot small blocks and manifests. */
const cacheShare = 1 / 4;

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
  readonly log: Log;
  readonly notices: Notices;
  readonly key: AccessKey;
  readonly jobs: Jobs;
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
  const { site, duties } = await startSite(stack, ground, options);
  let draining = false;
  const metrics = storeMetrics(site);
  const count = requestMetrics(metrics);
  const s3 = await startS3({
    store: createObjectStore(site.objects),
    credentials: rootCredentials(ground.key),
    clock: systemClock,
    random: systemRandom,
    log: (record) => {
      count(record);
      logRequest(ground.log, record);
    },
    listen: options.listen,
  });
  stack.defer(() => s3.drain(drainDeadlineMs));
  const endpoint = urlOf(s3.address);
  const { catalog, directory, jobs, key, log, store } = ground;
  const service = createAdminService({
    site,
    jobs,
    catalog,
    keeper: duties.keeper,
    adopt: duties.adopt,
    wakeHealer: () => duties.wakeHealer(),
    identity: {
      storeId: directory.storeId,
      version,
      startedAtMs,
      copies: store.copies,
      writeQuorum: defaultQuorum(store.copies),
    },
    endpoint: () => endpoint,
    serving: () => (draining ? 'draining' : 'serving'),
  });
  const admin = await serveAdmin(stack, { service, metrics, catalog, log }, options);
  return {
    endpoint,
    admin,
    ...key,
    volumes: site.members.all().map(({ entry }) => ({ id: entry.id, path: entry.path })),
    service,
    failed: catalog.failed,
    drain: async () => {
      draining = true;
      await stack.disposeAsync();
    },
  };
}

/** A store that could never heal is not begun. */
function refuseTooFewVolumes({ volumes, copies }: ServerOptions): void {
  if (copies === undefined || copies <= volumes) return;
  throw new CopysetError('request.invalid', `${copies} copies need ${copies} volumes or more, not ${volumes}`);
}

/** The data directory, its lock and key, the volumes, the catalog. */
async function openGround(stack: AsyncDisposableStack, options: ServerOptions, call: CallOptions): Promise<Ground> {
  const log = createLog({
    level: options.logLevel,
    clock: systemClock,
    write: (line) => process.stderr.write(`${line}\n`),
  });
  const room = { clock: systemClock, random: systemRandom, log };
  await makeDirectory(options.directory);
  const home = openNodeDisk(options.directory);
  const lock = await home.lock('lock');
  stack.defer(() => lock.release());
  const key = await loadRootKey(home, systemRandom);
  const notices = new Notices();
  const onDamage = notices.badCopy.bind(notices);
  const own = { home, path: options.directory, firstVolumes: options.volumes, onDamage, ...room };
  const directory = await openDirectory(own, call);
  stack.defer(() => directory.close());
  const jobs = new Jobs(systemClock);
  const catalog = await openCatalog({
    directory,
    folder: join(options.directory, 'catalog'),
    jobs,
    patient: true,
    admit: (found) => admitStore(found, options.copies),
    ...room,
    ...call,
  });
  stack.defer(() => catalog.close());
  throwIfAborted(call.signal);
  const store = await prepareStore({ kv: catalog.kv, directory, clock: systemClock, copies: options.copies });
  return { log, notices, key, jobs, directory, catalog, store };
}

async function startSite(
  stack: AsyncDisposableStack,
  ground: Ground,
  options: ServerOptions,
): Promise<{ site: Site; duties: Duties }> {
  const { catalog, directory, jobs, log, notices, store } = ground;
  const site = assembleSite({
    kv: catalog.kv,
    clock: systemClock,
    random: systemRandom,
    cache: new MemoryCache({ capacityBytes: Math.floor(options.memoryBytes * cacheShare) }),
    memoryBytes: options.memoryBytes,
    bucketDefaults: {
      copies: store.copies,
      writeQuorum: defaultQuorum(store.copies),
      blockBytes: options.blockBytes,
      md5Etags: false,
    },
    onBadCopy: (volume, address, error) => notices.badCopy({ volume, address, error }),
    onFailure: (volume, error) => notices.failedCall({ volume, error }),
  });
  await loadMembers(site, directory);
  const { scrubPeriodMs, lostAfterMs } = options;
  const duties = startDuties({ site, jobs, catalog, directory, notices, log, scrubPeriodMs, lostAfterMs });
  stack.defer(() => jobs.stop());
  stack.defer(() => duties.stop());
  return { site, duties };
}

type AdminParts = {
  readonly service: AdminService;
  readonly metrics: MetricRegistry;
  readonly catalog: OpenCatalog;
  readonly log: Log;
};

async function serveAdmin(
  stack: AsyncDisposableStack,
  { service, metrics, catalog, log }: AdminParts,
  options: ServerOptions,
): Promise<string> {
  const admin = await startAdmin({
    service,
    directory: options.directory,
    listen: options.adminListen,
    metrics: () => metrics.print(),
    unready: () => catalog.readOnlyReason(),
    log,
  });
  stack.defer(() => admin.close());
  return admin.url;
}

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`;
}

/** A request that the store failed is a warning; the rest is for those who look closely. */
function logRequest(log: Log, record: RequestRecord): void {
  if (record.status >= 500) log.warn('a request failed', record);
  else log.debug('a request was answered', record);
}
