/** Why: what operators ask, answered from the site and its jobs; src/admin/contract.ts says what is promised. */

import type {
  AdminService,
  CatalogService,
  CatalogStatus,
  JobProgress,
  NewVolume,
  ServingState,
  StoreStatus,
  VolumeStatus,
} from '../../admin/contract.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import { parseId, type VolumeId } from '../../base/ids.ts';
import type { VolumeState } from '../../catalog/records/volume-entry.ts';
import { setVolumeState } from '../../replica/change-volumes.ts';
import type { Member } from '../../replica/members.ts';
import { type OpenVolume, registerVolume } from '../../replica/register-volume.ts';
import { countUnderReplicated, hasWork, heal, isShort } from '../duties/healer.ts';
import type { Keeper } from '../duties/keeper.ts';
import { scrub } from '../duties/scrubber.ts';
import type { JobControl, JobRequest, Jobs } from '../jobs.ts';
import type { Site } from '../site.ts';
import { bucketService } from './bucket-service.ts';
import { objectCopies } from './copies.ts';
import { blocksHeld, countMissed } from './missed-blocks.ts';
import { openUploads } from './open-uploads.ts';
import { storeProblems } from './problems.ts';
import { volumeStatus } from './volume-status.ts';

export type ServiceParts = {
  readonly site: Site;
  readonly jobs: Jobs;
  readonly keeper: Keeper;
  readonly catalog: CatalogService & { status(): Promise<CatalogStatus>; readOnlyReason(): string | undefined };
  /** Makes the directory a volume, or takes one of this store back; it is open and known when this resolves. */
  readonly adopt: (volume: NewVolume, options: CallOptions) => Promise<OpenVolume>;
  readonly wakeHealer: () => void;
  readonly scrubJournals: (job: JobControl) => Promise<void>;
  readonly identity: Pick<StoreStatus, 'storeId' | 'version' | 'startedAtMs' | 'copies' | 'writeQuorum' | 'nameHash'>;
  readonly endpoint: () => string;
  readonly front: () => StoreStatus['front'];
  readonly serving: () => ServingState;
};

const pollMs = 200;
/** Somebody waits for it. */
const atOnce = { restWhenBusy: 0, restWhenIdle: 0, mostRestMs: 0 };

export function createAdminService(parts: ServiceParts): AdminService {
  const { site, jobs } = parts;
  const follow = (request: JobRequest, work: (job: JobControl) => Promise<void>, options: CallOptions = {}) =>
    jobs.follow(jobs.start(request, work), options);
  return {
    status: (_, options = {}) => storeStatus(parts, options),
    addVolume: (input, options = {}) => addVolume(parts, input, options),
    drainVolume: ({ volume }, options) =>
      follow(
        { kind: 'drain', volume, unit: 'blocks' },
        (job) => emptyVolume(parts, { volume, state: 'draining' }, job),
        options,
      ),
    retireVolume: ({ volume }, options) =>
      follow(
        { kind: 'retire', volume, unit: 'blocks' },
        (job) => emptyVolume(parts, { volume, state: 'retired' }, job),
        options,
      ),
    healVolume: ({ volume }, options) =>
      follow(
        { kind: 'scrub', unit: 'bytes', ...(volume === undefined ? {} : { volume }) },
        (job) => scrubAndHeal(parts, volume, job),
        options,
      ),
    scrub: (_, options) =>
      follow({ kind: 'scrub', unit: 'bytes' }, (job) => scrubAndHeal(parts, undefined, job), options),
    followJob: ({ job }, options) => jobs.follow(job, options),
    objectLocations: (path, options) => objectCopies(site, path, { ...options, read: false }),
    verifyObject: (path, options) => objectCopies(site, path, { ...options, read: true }),
    ...bucketService(site),
    verifyCatalog: (input, options) => parts.catalog.verifyCatalog(input, options),
    rebuildCatalog: (input, options) => parts.catalog.rebuildCatalog(input, options),
  };
}

async function storeStatus(parts: ServiceParts, options: CallOptions): Promise<StoreStatus> {
  const { site, jobs, keeper, catalog } = parts;
  const signal = options.signal ?? new AbortController().signal;
  const volumes = await Promise.all(site.members.all().map((member) => volumeStatus(site, keeper, member)));
  const underReplicatedBlocks =
    (await countUnderReplicated(site, signal)) + (await missedBlocks(site, volumes, options));
  const catalogStatus = await catalog.status();
  const problems = storeProblems({ site, volumes, catalog: catalogStatus, readOnly: catalog.readOnlyReason() });
  const state = catalog.readOnlyReason() === undefined ? parts.serving() : 'read-only';
  return {
    ...parts.identity,
    state,
    problems,
    endpoint: parts.endpoint(),
    front: parts.front(),
    underReplicatedBlocks,
    openUploads: await openUploads(site.repair.kv, options),
    volumes,
    catalog: catalogStatus,
    jobs: runningJobs(jobs),
  };
}

function runningJobs(jobs: Jobs): readonly JobProgress[] {
  return jobs.running();
}

/** A volume in its grace is not replaced yet, but its copies are not there. */
async function missedBlocks(site: Site, volumes: readonly VolumeStatus[], options: CallOptions): Promise<number> {
  const away = volumes
    .filter(({ state }) => state === 'gone' || state === 'suspect')
    .map(({ id }) => memberOf(site, id));
  if (away.length === 0) return 0;
  const layout = await site.layouts.current(site.objects.bucketDefaults.copies, options);
  return isShort(layout) ? 0 : countMissed(layout, blocksHeld(away, site.members.all()));
}

function memberOf(site: Site, id: string): Member {
  const known = parseId<VolumeId>(id);
  const member = known === undefined ? undefined : site.members.get(known);
  if (member === undefined)
    throw new CopysetError('not_found', `there is no volume ${id}; \`copyset volume ls\` shows them`);
  return member;
}

async function addVolume(parts: ServiceParts, input: NewVolume, options: CallOptions): Promise<VolumeStatus> {
  const member = await registerVolume(parts.site.repair, await parts.adopt(input, options), options);
  await refreshLayouts(parts, options);
  return volumeStatus(parts.site, parts.keeper, member);
}

async function refreshLayouts({ site, wakeHealer }: ServiceParts, options: CallOptions): Promise<void> {
  for (const { classId } of site.layouts.all()) await site.layouts.refresh(classId, options);
  wakeHealer();
}

/** Takes the volume out of all layouts and waits until what it held is elsewhere. */
async function emptyVolume(
  parts: ServiceParts,
  { volume, state }: { readonly volume: string; readonly state: Extract<VolumeState, 'draining' | 'retired'> },
  job: JobControl,
): Promise<void> {
  const { site } = parts;
  const member = memberOf(site, volume);
  if (member.entry.state !== state) {
    refuseIfTooFew(site, member);
    await setVolumeState(site.repair.kv, member.entry.id, { state, reason: 'asked for by an operator' }, job);
    member.entry = { ...member.entry, state, reason: 'asked for by an operator' };
    await refreshLayouts(parts, job);
  }
  await healUntilDone(parts, job);
}

/** A drain or retirement that leaves fewer domains than the copies of a used class could never end. */
function refuseIfTooFew(site: Site, leaving: Member): void {
  const copies = site.objects.bucketDefaults.copies;
  const left = site.members.all().filter(({ entry }) => entry.state === 'active' && entry.id !== leaving.entry.id);
  const domains = new Set(left.map(({ entry }) => site.members.domainOf(entry.id))).size;
  if (domains >= copies) return;
  throw new CopysetError(
    'precondition_failed',
    `without volume ${leaving.entry.id} there are ${domains} failure domains for ${copies} copies; add a volume first`,
  );
}

async function healUntilDone({ site }: ServiceParts, job: JobControl): Promise<void> {
  while (await hasWork(site, job.signal)) {
    await heal(site, job);
    await site.repair.clock.sleep(pollMs, job);
  }
}

async function scrubAndHeal(parts: ServiceParts, volume: string | undefined, job: JobControl): Promise<void> {
  const only = volume === undefined ? undefined : memberOf(parts.site, volume).entry.id;
  const uncounted = { ...job, expect: () => undefined, advance: () => undefined };
  const journals = only === undefined ? parts.scrubJournals(uncounted) : undefined;
  await Promise.all([journals, scrub(parts.site, atOnce, { ...job, only })]);
  await heal(parts.site, uncounted);
}
