/** Why: S3 knows no copies, quorums or block sizes; whoever operates the store sets them bucket by bucket here. */
import type { BucketService, BucketStatus } from '../../admin/contract.ts';
import { CopysetError } from '../../base/errors.ts';
import { changeBucket, createBucket } from '../../object/buckets.ts';
import { createObjectStore } from '../../object/object-store.ts';
import type { BucketInfo } from '../../object/store.ts';
import type { Site } from '../site.ts';

export function bucketService(site: Site): BucketService {
  const store = createObjectStore(site.objects);
  return {
    createBucket: async ({ bucket, ...set }, options) => {
      refuseTooManyCopies(site, set.copies);
      return statusOf(await createBucket(site.objects, bucket, { ...options, set: given(set) }));
    },
    listBuckets: async (_, options) => (await store.listBuckets(options)).map(statusOf),
    setBucket: async ({ bucket, ...set }, options) =>
      statusOf(await changeBucket(site.objects, bucket, { ...options, change: { options: given(set) } })),
    removeBucket: async ({ bucket }, options) => {
      const info = await store.headBucket(bucket, options);
      await store.deleteBucket(bucket, options);
      return statusOf(info);
    },
  };
}

/** Into a bucket with more copies than failure domains nobody could write. */
function refuseTooManyCopies({ members }: Site, copies = 1): void {
  const active = members.all().filter(({ entry }) => entry.state === 'active');
  const domains = new Set(active.map(({ entry }) => members.domainOf(entry.id))).size;
  if (copies <= domains) return;
  throw new CopysetError(
    'precondition_failed',
    `${copies} copies need ${copies} failure domains; there are ${domains}`,
  );
}

function statusOf({ name, createdAtMs, options: { copies, writeQuorum, blockBytes } }: BucketInfo): BucketStatus {
  return { name, createdAtMs, copies, writeQuorum, blockBytes };
}

/** Without what was left out. */
function given<T extends object>(set: T): T {
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)) as T;
}
