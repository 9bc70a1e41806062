/**
 * Why: a first start writes down what the store is; a later one reads it, and never takes a lost catalog for a new
 * store.
 */
import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { hashAlgorithms, type NameHash, nameHashOf } from '../base/hash.ts';
import { type StoreEntry, storeCodec, storeKey } from '../catalog/records/store-entry.ts';
import { allVolumes, type VolumeEntry, volumeCodec } from '../catalog/records/volume-entry.ts';
import { collectRecords, readRecord, scanRecords } from '../catalog/stored.ts';
import type { VolumePlace } from '../config/volume-places.ts';
import type { Kv } from '../kv/kv.ts';
import type { DomainPath } from '../layout/layout.ts';
import { changeVolumes } from '../replica/change-volumes.ts';
import type { Site } from './site.ts';
import type { StoreDirectory } from './store-directory.ts';
import type { KnownVolume } from './store-file.ts';

/** What is set at the first start, and must be the same at every other where somebody says it again. */
export type StoreSettings = {
  /** M of a new store; undefined: 3, or the number of volumes if smaller. */
  readonly copies: number | undefined;
  /** Names blocks; undefined: BLAKE3. */
  readonly nameHash: NameHash | undefined;
};

export type Preparation = StoreSettings & {
  readonly kv: Kv;
  readonly directory: StoreDirectory;
  readonly clock: Clock;
  /** Where volumes of a new store stand, and how much each takes, as far as somebody said it. */
  readonly places: readonly VolumePlace[];
};

const defaultCopies = 3;
const defaultNameHash: NameHash = 'blake3';

/** Refuses what this program must not serve. Only reads. */
export async function admitStore(kv: Kv, settings: StoreSettings): Promise<void> {
  const stored = await readRecord(kv, storeCodec, storeKey);
  if (stored !== undefined) refuseOthers(stored.record, settings);
  await collectRecords(kv, volumeCodec, allVolumes);
}

/** The same is refused here again, for a catalog that was made anew meanwhile. */
export async function prepareStore(preparation: Preparation): Promise<StoreEntry> {
  const { kv, directory, clock, copies, nameHash, places } = preparation;
  const stored = await readRecord(kv, storeCodec, storeKey);
  if (stored !== undefined) {
    refuseOthers(stored.record, preparation);
    if (!directory.initialised) await directory.markInitialised();
    await recordMoves(kv, directory);
    return stored.record;
  }
  if (directory.initialised)
    throw new CopysetError(
      'catalog.damaged',
      'the catalog is empty, and it was not; bring back the volumes that carry its journals',
    );
  const placeOf = (path: string) => places.find((place) => resolve(place.path) === path);
  await changeVolumes(kv, () => directory.known.map((known) => entryOf(known, clock, placeOf(known.path))));
  const entry: StoreEntry = {
    id: directory.storeId,
    createdAtMs: Math.floor(clock.wallMs()),
    hashAlgorithm: hashAlgorithms[nameHash ?? defaultNameHash],
    copies: copies ?? Math.min(defaultCopies, directory.known.length),
  };
  await kv.commit({ put: [{ key: storeKey, value: storeCodec.encode(entry) }] });
  await directory.markInitialised();
  return entry;
}

function refuseOthers(stored: StoreEntry, { copies, nameHash }: StoreSettings): void {
  const hash = nameHashOfStore(stored);
  if (copies !== undefined && copies !== stored.copies)
    throw new CopysetError(
      'request.invalid',
      `this store keeps ${stored.copies} copies since its first start, and cannot be made to keep ${copies}`,
    );
  if (nameHash !== undefined && nameHash !== hash)
    throw new CopysetError(
      'request.invalid',
      `this store names its blocks by ${hash} since its first start, and cannot be made to name them by ${nameHash}`,
    );
}

export function nameHashOfStore({ hashAlgorithm }: StoreEntry): NameHash {
  const hash = nameHashOf(hashAlgorithm);
  if (hash !== undefined) return hash;
  throw new CopysetError('format.unknown_version', `the store names its blocks by an unknown hash, ${hashAlgorithm}`);
}

/** The data directory may lie elsewhere now, and its volumes with it. */
async function recordMoves(kv: Kv, { known }: StoreDirectory): Promise<void> {
  for await (const { key, value, record } of scanRecords(kv, volumeCodec, allVolumes)) {
    const path = known.find(({ id }) => id === record.id)?.path ?? record.path;
    if (path === record.path) continue;
    const put = [{ key, value: volumeCodec.encode({ ...record, path }) }];
    await kv.commit({ expect: [{ kind: 'value', key, value }], put });
  }
}

/** Every volume of one machine is a failure domain by its disk. */
export function entryOf(
  { id, path }: KnownVolume,
  clock: Clock,
  given: { readonly weight?: number | undefined; readonly domain?: string | undefined } = {},
): VolumeEntry {
  return {
    id,
    path,
    state: 'active',
    weight: given.weight ?? 1,
    domain: domainOf(given.domain ?? id),
    addedAtMs: Math.floor(clock.wallMs()),
  };
}

/** `zone/rack/node/disk` or a part of it from the right; what is left out is the same for all. */
function domainOf(text: string): DomainPath {
  const given = text.split('/');
  const [site, zone, rack, node, disk] = [
    ...['site', 'zone', 'rack', 'node'].slice(0, Math.max(0, 5 - given.length)),
    ...given,
  ].slice(-5);
  return [site, zone, rack, node, disk] as DomainPath;
}

/** The volumes that the catalog knows, with what is open of them. A lost one stays closed whatever came back. */
export async function loadMembers(site: Site, directory: Pick<StoreDirectory, 'open'>): Promise<void> {
  const entries = await collectRecords(site.repair.kv, volumeCodec, allVolumes);
  for (const entry of entries.toSorted(byAge)) {
    site.members.set(entry, entry.state === 'lost' ? undefined : await directory.open(entry));
  }
}

/** As they were added; those of one moment by path, the tenth after the ninth. */
function byAge(left: VolumeEntry, right: VolumeEntry): number {
  return left.addedAtMs - right.addedAtMs || left.path.length - right.path.length || (left.path < right.path ? -1 : 1);
}
