/**
 * Why: the verbs on object versions. A version becomes visible in one commit that also expects what it relies on: the
 * bucket as it was read, the current version as it was read, and the epoch of the layout that its blocks were placed
 * by. How many versions of a key stay is the bucket's: one where it never had versions, all where they are enabled, and
 * where they are suspended all but the one called `null`.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { Expectation, Kv, Put } from '../kv/kv.ts';
import { findBucket } from './buckets.ts';
import { decodeOnce } from './codec/decode-once.ts';
import type { BucketRecord } from './records/bucket.ts';
import { type ChangeEntry, changeCodec, changeKey } from './records/change-entry.ts';
import { epochKey } from './records/layout-entry.ts';
import { type VersionRecord, versionCodec, versionKey, versionsOf, versionTailBytes } from './records/version.ts';
import { coverRemoved } from './removed-stamps.ts';
import type { Stamps } from './stamps.ts';
import { emptyRange, firstRecord, maxAttempts, readRecord, type Stored, scanRecords, unchanged } from './stored.ts';
import { parseVersionId } from './version-id.ts';

/** What a commit relies on besides the records it names. */
export type PlacementGuard = { readonly classId: number; readonly epoch: Uint8Array };

export type NewVersion = Omit<VersionRecord, 'stamp' | 'modifiedAtMs' | 'isNull'>;

/** Throws when the current version does not meet the request's conditions; a delete marker counts as none. */
export type Condition = (current: VersionRecord | undefined) => void;

export type PutVersion = {
  readonly bucket: Stored<BucketRecord>;
  readonly version: NewVersion;
  readonly stamps: Stamps;
  readonly guard: PlacementGuard;
  readonly condition?: Condition | undefined;
  /** Records that change in the same commit (debts, the upload). */
  readonly expect?: readonly Expectation[];
  readonly put?: readonly Put[];
  readonly putWith?: (version: VersionRecord) => readonly Put[];
  readonly delete?: readonly Uint8Array[];
};

export type PutOutcome =
  | { readonly kind: 'committed'; readonly version: VersionRecord; readonly bucket: BucketRecord }
  | { readonly kind: 'layout-moved' }
  | { readonly kind: 'lost-race' };

/** The newest version of a key is read again and again. */
const currentCodec = decodeOnce(versionCodec);

/** The newest version of a key, delete markers included. */
export function currentVersion(
  kv: Kv,
  bucket: BucketRecord,
  key: string,
  options: CallOptions = {},
): Promise<Stored<VersionRecord> | undefined> {
  return firstRecord(kv, currentCodec, { ...versionsOf(bucket.id, key), tailBytes: versionTailBytes }, options);
}

/** The version with this id. */
export function findVersion(
  kv: Kv,
  bucket: BucketRecord,
  key: string,
  options: CallOptions & { readonly versionId: string },
): Promise<Stored<VersionRecord> | undefined> {
  const id = parseVersionId(options.versionId);
  if (id === 'null') return nullVersion(kv, bucket, key, options);
  return named(readRecord(kv, versionCodec, versionKey(bucket.id, { key, ...id }), options));
}

/** What is called `null` has no other name. */
async function named(found: Promise<Stored<VersionRecord> | undefined>): Promise<Stored<VersionRecord> | undefined> {
  const version = await found;
  return version?.record.isNull === true ? undefined : version;
}

async function nullVersion(
  kv: Kv,
  bucket: BucketRecord,
  key: string,
  options: CallOptions,
): Promise<Stored<VersionRecord> | undefined> {
  for await (const version of scanRecords(kv, versionCodec, versionsOf(bucket.id, key), options)) {
    if (version.record.isNull) return version;
  }
  return undefined;
}

/**
 * `layout-moved`: place the blocks again and repeat. `lost-race`: one of the given expectations does not hold (any
 * more).
 */
export async function putVersion(kv: Kv, request: PutVersion, options: CallOptions = {}): Promise<PutOutcome> {
  const { guard, expect = [] } = request;
  const epoch: Expectation = { kind: 'value', key: epochKey(guard.classId), value: guard.epoch };
  let { bucket } = request;
  for (let tries = 0; tries < maxAttempts; tries++) {
    const change = await planVersion(kv, { ...request, bucket, kind: 'put' }, options);
    const { version } = change;
    const result = await kv.commit(
      {
        expect: [epoch, unchanged(bucket), ...expect, ...change.expect],
        put: [...change.put, ...(request.put ?? []), ...(request.putWith?.(version) ?? [])],
        delete: [...change.delete, ...(request.delete ?? [])],
      },
      options,
    );
    if (result.committed) return { kind: 'committed', version, bucket: bucket.record };
    if (result.failed === 0) return { kind: 'layout-moved' };
    if (result.failed === 1) bucket = await sameBucket(kv, bucket, options);
    else if (result.failed < 2 + expect.length) return { kind: 'lost-race' };
  }
  throw lostTooOften(request.version.key);
}

/** The bucket as it is now; one that was deleted and made again is another one. */
async function sameBucket(kv: Kv, bucket: Stored<BucketRecord>, options: CallOptions): Promise<Stored<BucketRecord>> {
  const now = await findBucket(kv, bucket.record.name, options);
  if (now.record.id === bucket.record.id) return now;
  throw new CopysetError('not_found', `bucket ${bucket.record.name} was deleted meanwhile`, {
    details: { what: 'bucket' },
  });
}

type Planned<V = VersionRecord> = {
  readonly version: V;
  readonly expect: readonly Expectation[];
  readonly put: readonly Put[];
  readonly delete: readonly Uint8Array[];
};

type Plan = Pick<PutVersion, 'bucket' | 'version' | 'stamps' | 'condition'> & { readonly kind: 'put' | 'marker' };

/** What a commit that adds this version expects, puts and deletes, as things stand. */
async function planVersion(kv: Kv, request: Plan, options: CallOptions): Promise<Planned> {
  const { bucket, stamps, kind } = request;
  const current = await currentVersion(kv, bucket.record, request.version.key, options);
  request.condition?.(objectOf(current));
  const version = {
    ...request.version,
    ...stamps.next(current?.record.stamp),
    isNull: bucket.record.versioning !== 'enabled',
  };
  const replaced = await replacedBy(kv, { bucket: bucket.record, version, current }, options);
  return {
    version,
    expect: [
      current === undefined ? emptyRange(versionsOf(bucket.record.id, version.key)) : unchanged(current),
      ...(replaced === undefined || replaced === current ? [] : [unchanged(replaced)]),
    ],
    put: [
      { key: versionKey(bucket.record.id, version), value: versionCodec.encode(version) },
      changePut(bucket.record, { version, replaced: replaced?.record, kind }),
    ],
    delete: replaced === undefined ? [] : [replaced.key],
  };
}

function objectOf(version: Stored<VersionRecord> | undefined): VersionRecord | undefined {
  return version?.record.isDeleteMarker === true ? undefined : version?.record;
}

type Newcomer = {
  readonly bucket: BucketRecord;
  readonly version: VersionRecord;
  readonly current: Stored<VersionRecord> | undefined;
};

/** There is one version called `null` at most. */
async function replacedBy(
  kv: Kv,
  { bucket, version, current }: Newcomer,
  options: CallOptions,
): Promise<Stored<VersionRecord> | undefined> {
  if (!version.isNull || current === undefined || current.record.isNull) return version.isNull ? current : undefined;
  return nullVersion(kv, bucket, version.key, options);
}

export type RemoveVersion = CallOptions & {
  readonly stamps: Stamps;
  readonly condition?: Condition | undefined;
  /** The current one where it is missing. */
  readonly versionId?: string | undefined;
};

export type Removal = {
  readonly bucket: BucketRecord;
  /** The version that is gone, or the delete marker that was made; undefined where there was nothing. */
  readonly version: VersionRecord | undefined;
};

/**
 * Removes one version for ever, or makes the key look deleted by a marker where the bucket keeps versions. That there
 * is nothing is asked of a commit, not of a read: a put that nobody knows the end of is decided before it, and does not
 * come back after it.
 */
export async function removeVersion(
  kv: Kv,
  bucket: Stored<BucketRecord>,
  key: string,
  options: RemoveVersion,
): Promise<Removal> {
  let now = bucket;
  for (let tries = 0; tries < maxAttempts; tries++) {
    const plan = await planRemoval(kv, now, key, options);
    const commit = { ...plan, expect: [unchanged(now), ...plan.expect] };
    const result = await kv.commit(commit, options);
    if (result.committed) return { bucket: now.record, version: plan.version };
    if (result.failed === 0) now = await sameBucket(kv, now, options);
  }
  throw lostTooOften(key);
}

async function planRemoval(
  kv: Kv,
  bucket: Stored<BucketRecord>,
  key: string,
  options: RemoveVersion,
): Promise<Planned<VersionRecord | undefined>> {
  const keepsVersions = (bucket.record.versioning ?? 'never') !== 'never';
  if (keepsVersions && options.versionId === undefined) {
    return planVersion(kv, { ...options, bucket, version: deleteMarker(key), kind: 'marker' }, options);
  }
  const current = await currentVersion(kv, bucket.record, key, options);
  options.condition?.(objectOf(current));
  const { versionId } = options;
  const found =
    versionId === undefined ? current : await findVersion(kv, bucket.record, key, { ...options, versionId });
  const asSeen = current === undefined ? emptyRange(versionsOf(bucket.record.id, key)) : unchanged(current);
  if (found === undefined) return { version: undefined, expect: [asSeen], put: [], delete: [] };
  const change = changePut(bucket.record, {
    version: { ...found.record, ...options.stamps.next(found.record.stamp), stamp: found.record.stamp },
    replaced: found.record,
    kind: 'delete',
  });
  const cover = found.record.isNull ? { expect: [], put: [] } : await coverRemoved(kv, found.record.stamp, options);
  return {
    version: found.record,
    expect: [unchanged(found), ...(options.condition === undefined ? [] : [asSeen]), ...cover.expect],
    put: [change, ...cover.put],
    delete: [found.key],
  };
}

function deleteMarker(key: string): NewVersion {
  return { key, site: 0, homeEpoch: 0, isDeleteMarker: true, bytes: 0, etag: '', classId: 0, blocks: [], metadata: {} };
}

/** Replaces a version by the same with other tags; undefined where it is gone. */
export async function setVersionTags(
  kv: Kv,
  bucket: BucketRecord,
  version: Stored<VersionRecord>,
  options: CallOptions & { readonly tags: Readonly<Record<string, string>>; readonly stamps: Stamps },
): Promise<VersionRecord | undefined> {
  const { tags, stamps } = options;
  const record = { ...version.record, tags };
  const { modifiedAtMs } = stamps.next();
  const change = changePut(bucket, { version: { ...record, modifiedAtMs }, replaced: undefined, kind: 'tags' });
  const put = [{ key: version.key, value: versionCodec.encode(record) }, change];
  return (await kv.commit({ expect: [unchanged(version)], put }, options)).committed ? record : undefined;
}

type ChangeOf = {
  readonly version: VersionRecord;
  readonly replaced: VersionRecord | undefined;
  readonly kind: ChangeEntry['kind'];
};

function changePut(bucket: BucketRecord, { version, replaced, kind }: ChangeOf): Put {
  const change: ChangeEntry = {
    kind,
    atMs: version.modifiedAtMs,
    bucketId: bucket.id,
    key: version.key,
    stamp: version.stamp,
    site: version.site,
    replacedStamp: replaced?.stamp,
    classId: version.classId,
    blocks: version.blocks,
    manifest: version.manifest,
  };
  return { key: changeKey, value: changeCodec.encode(change) };
}

function lostTooOften(key: string): CopysetError {
  return new CopysetError('conflict', `gave up after ${maxAttempts} races for ${key}`);
}
