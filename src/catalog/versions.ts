/**
 * Why: the verbs on object versions. A version becomes visible in one commit that also expects what it relies on: the
 * bucket as it was read, the current version as it was read, and the epoch of the layout that its blocks were placed
 * by.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { Expectation, Kv, Put } from '../kv/kv.ts';
import type { BucketRecord } from './records/bucket.ts';
import { type ChangeEntry, changeCodec, changeKey } from './records/change-entry.ts';
import { epochKey } from './records/layout-entry.ts';
import { type VersionRecord, versionCodec, versionKey, versionsOf } from './records/version.ts';
import { emptyRange, firstRecord, type Stored, unchanged } from './stored.ts';

/** Counter steps within a millisecond of a stamp. */
const stampsPerMs = 1024;

/** What a commit relies on besides the records it names. */
export type PlacementGuard = { readonly classId: number; readonly epoch: Uint8Array };

export type NewVersion = Omit<VersionRecord, 'stamp' | 'modifiedAtMs'>;

export type PutVersion = {
  readonly bucket: Stored<BucketRecord>;
  readonly version: NewVersion;
  readonly nowMs: number;
  readonly guard: PlacementGuard;
  /** Throws when the current version does not meet the request's conditions. */
  readonly condition?: (current: VersionRecord | undefined) => void;
  /** Records that change in the same commit (debts, the upload). */
  readonly expect?: readonly Expectation[];
  readonly put?: readonly Put[];
  readonly delete?: readonly Uint8Array[];
};

export type PutOutcome =
  | { readonly kind: 'committed'; readonly version: VersionRecord }
  | { readonly kind: 'layout-moved' }
  | { readonly kind: 'lost-race' };

const maxAttempts = 32;

/** The newest version of a key, delete markers included. */
export function currentVersion(
  kv: Kv,
  bucket: BucketRecord,
  key: string,
  options: CallOptions = {},
): Promise<Stored<VersionRecord> | undefined> {
  return firstRecord(kv, versionCodec, versionsOf(bucket.id, key), options);
}

/**
 * `layout-moved`: place the blocks again and repeat. `lost-race`: one of the given expectations does not hold (any
 * more).
 */
export async function putVersion(kv: Kv, request: PutVersion, options: CallOptions = {}): Promise<PutOutcome> {
  const { bucket, guard } = request;
  for (let tries = 0; tries < maxAttempts; tries++) {
    const current = await currentVersion(kv, bucket.record, request.version.key, options);
    request.condition?.(current?.record);
    const version = stamped(request, current?.record);
    const expect: Expectation[] = [
      { kind: 'value', key: epochKey(guard.classId), value: guard.epoch },
      unchanged(bucket),
      current === undefined ? emptyRange(versionsOf(bucket.record.id, version.key)) : unchanged(current),
      ...(request.expect ?? []),
    ];
    const put = [
      { key: versionKey(bucket.record.id, version), value: versionCodec.encode(version) },
      changePut(bucket.record, { version, replaced: current?.record, kind: 'put' }),
      ...(request.put ?? []),
    ];
    const replaced = current === undefined ? [] : [current.key];
    const result = await kv.commit({ expect, put, delete: [...replaced, ...(request.delete ?? [])] }, options);
    if (result.committed) return { kind: 'committed', version };
    if (result.failed === 0) return { kind: 'layout-moved' };
    if (result.failed === 1)
      throw new CopysetError('not_found', `bucket ${bucket.record.name} was deleted or changed meanwhile`, {
        details: { what: 'bucket' },
      });
    if (result.failed > 2) return { kind: 'lost-race' };
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for ${request.version.key}`);
}

function stamped(request: PutVersion, current: VersionRecord | undefined): VersionRecord {
  const stamp = Math.max(request.nowMs * stampsPerMs, (current?.stamp ?? 0) + 1);
  return { ...request.version, stamp, modifiedAtMs: request.nowMs };
}

/**
 * Removes the current version; false when there was none. That is asked of a commit, not of a read: a put that nobody
 * knows the end of is decided before it, and does not come back after it.
 */
export async function removeVersion(
  kv: Kv,
  bucket: Stored<BucketRecord>,
  key: string,
  options: CallOptions & { readonly nowMs: number },
): Promise<boolean> {
  for (let tries = 0; tries < maxAttempts; tries++) {
    const current = await currentVersion(kv, bucket.record, key, options);
    if (current === undefined) {
      const isAbsent = await kv.commit({ expect: [emptyRange(versionsOf(bucket.record.id, key))] }, options);
      if (isAbsent.committed) return false;
      continue;
    }
    const change = changePut(bucket.record, {
      version: { ...current.record, modifiedAtMs: options.nowMs },
      replaced: current.record,
      kind: 'delete',
    });
    const result = await kv.commit({ expect: [unchanged(current)], put: [change], delete: [current.key] }, options);
    if (result.committed) return true;
  }
  throw new CopysetError('conflict', `gave up after ${maxAttempts} races for ${key}`);
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
