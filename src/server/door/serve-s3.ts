/** Why: the S3 door is served by the thread that owns the store, or by others; start.ts need not know which. */
import { availableParallelism } from 'node:os';
import { platform } from 'node:process';
import { type AccessKey, rootCredentials } from '../../access/credentials.ts';
import type { StoreStatus } from '../../admin/contract.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { createObjectStore } from '../../object/object-store.ts';
import { bucketRules } from '../../s3/bucket-rules.ts';
import type { Address } from '../../s3/front/listen.ts';
import type { S3Limits } from '../../s3/limits.ts';
import { startS3 } from '../../s3/server.ts';
import type { Watch } from '../observability/watch.ts';
import type { ServerOptions } from '../running-server.ts';
import type { Site } from '../site.ts';
import { startDoorThreads } from './door-threads.ts';
import { fittingThreads } from './fitting-threads.ts';

export type ServedDoor = {
  readonly address: Address;
  status(): StoreStatus['front'];
  /** Why nobody is served, if so. */
  problem(): string | undefined;
  drain(deadlineMs: number): Promise<void>;
};

export type DoorParts = {
  readonly key: AccessKey;
  readonly watch: Watch;
  readonly site: Site;
  readonly options: ServerOptions;
  readonly limits: Partial<S3Limits>;
};

export function serveS3(parts: DoorParts): Promise<ServedDoor> {
  const { threads } = parts.options;
  const wanted = threads === 'auto' ? fittingThreads({ cores: availableParallelism(), platform }) : threads;
  return wanted === 0 ? serveHere(parts) : serveByThreads(parts, wanted);
}

async function serveHere({ key, watch, site, options, limits }: DoorParts): Promise<ServedDoor> {
  const store = createObjectStore(site.objects);
  const door = await startS3({
    store,
    ...bucketRules(store),
    credentials: rootCredentials(key),
    clock: systemClock,
    random: systemRandom,
    log: (record) => watch.record(record),
    listen: options.listen,
    waiting: () => site.objects.memory.waiting,
    limits,
    front: options.s3Front,
    domains: options.hostDomains,
    region: options.region,
  });
  return {
    address: door.address,
    status: () => ({ ...door.status, threads: { serving: 0, wanted: 0 } }),
    problem: () => undefined,
    drain: (deadlineMs) => door.drain(deadlineMs),
  };
}

async function serveByThreads({ key, watch, site, options, limits }: DoorParts, wanted: number): Promise<ServedDoor> {
  const { listen, s3Front: front, hostDomains: domains, region } = options;
  const door = await startDoorThreads({
    threads: wanted,
    store: createObjectStore(site.objects),
    key,
    listen,
    limits,
    front,
    domains,
    region,
    clock: systemClock,
    record: (request) => watch.record(request),
    log: watch.log,
    waiting: () => site.objects.memory.waiting,
  });
  return {
    address: door.address,
    status: () => ({ ...door.status, threads: { serving: door.serving, wanted } }),
    problem: () => (door.serving === 0 ? 'no thread serves the S3 door: see the log' : undefined),
    drain: (deadlineMs) => door.drain(deadlineMs),
  };
}
