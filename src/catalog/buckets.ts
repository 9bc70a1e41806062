/** Why: the verbs on buckets. Deleting one races with writes into it; exactly one of the two wins. */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { Kv } from '../kv/kv.ts';
import { type BucketRecord, bucketCodec, bucketKey, bucketRange } from './records/bucket.ts';
import { uploadsIn } from './records/upload.ts';
import { versionsIn } from './records/version.ts';
import { absent, collectRecords, emptyRange, readRecord, type Stored, transact, unchanged } from './stored.ts';

export async function addBucket(kv: Kv, bucket: BucketRecord, options: CallOptions = {}): Promise<void> {
  const key = bucketKey(bucket.name);
  const result = await kv.commit({ expect: [absent(key)], put: [{ key, value: bucketCodec.encode(bucket) }] }, options);
  if (!result.committed) throw new CopysetError('already_exists', `bucket ${bucket.name} exists`);
}

export async function findBucket(kv: Kv, name: string, options: CallOptions = {}): Promise<Stored<BucketRecord>> {
  const stored = await readRecord(kv, bucketCodec, bucketKey(name), options);
  if (stored === undefined)
    throw new CopysetError('not_found', `there is no bucket ${name}`, { details: { what: 'bucket' } });
  return stored;
}

/** Resolves with the bucket as it is from now on; what `change` gives holds for later writes. */
export async function changeBucket(
  kv: Kv,
  name: string,
  change: (bucket: BucketRecord) => BucketRecord,
  options: CallOptions = {},
): Promise<BucketRecord> {
  return transact(
    kv,
    async () => {
      const stored = await findBucket(kv, name, options);
      const value = change(stored.record);
      const put = [{ key: stored.key, value: bucketCodec.encode(value) }];
      return { commit: { expect: [unchanged(stored)], put }, value };
    },
    options,
  );
}

export async function removeBucket(kv: Kv, name: string, options: CallOptions = {}): Promise<void> {
  await transact(
    kv,
    async () => {
      const bucket = await findBucket(kv, name, options);
      const inside = [versionsIn(bucket.record.id), uploadsIn(bucket.record.id)];
      for (const range of inside) {
        const { entries } = await kv.range({ ...range, limit: 1 }, options);
        if (entries.length > 0)
          throw new CopysetError('not_empty', `bucket ${name} still holds objects or open uploads`);
      }
      return {
        commit: { expect: [unchanged(bucket), ...inside.map(emptyRange)], delete: [bucket.key] },
        value: undefined,
      };
    },
    options,
  );
}

export function listBuckets(kv: Kv, options: CallOptions = {}): Promise<BucketRecord[]> {
  return collectRecords(kv, bucketCodec, bucketRange, options);
}
