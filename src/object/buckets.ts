/** Why: buckets are made with checked options, so that every later write can rely on them. */
import type { CallOptions } from '../base/async/abort.ts';
import { utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { type BucketId, newId } from '../base/ids.ts';
import { addBucket, changeBucket as changeBucketRecord } from '../catalog/buckets.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import type { ObjectContext } from './context.ts';
import { bucketInfo } from './info.ts';
import { checkBucketName } from './names.ts';
import type { BucketChange, BucketInfo, BucketOptions } from './store.ts';

export async function createBucket(
  context: ObjectContext,
  name: string,
  request: CallOptions & { readonly set?: Partial<BucketOptions> },
): Promise<BucketInfo> {
  checkBucketName(name);
  const copies = request.set?.copies ?? context.bucketDefaults.copies;
  const options = { ...context.bucketDefaults, copies, writeQuorum: defaultQuorum(copies), ...request.set };
  checkOptions(context, options);
  const { modifiedAtMs: createdAtMs } = context.stamps.next();
  const bucket = { id: newId<BucketId>(context.random), name, createdAtMs, ...options };
  await addBucket(context.kv, bucket, request);
  return bucketInfo(bucket);
}

/** Blocks that are there stay as they are: M is what they were placed by, and cannot change. */
export async function changeBucket(
  context: ObjectContext,
  name: string,
  request: CallOptions & { readonly change: BucketChange },
): Promise<BucketInfo> {
  const { options: set, ...rest } = request.change;
  checkDocuments(rest);
  const change = (bucket: BucketRecord) => {
    const changed = { ...bucket, ...rest, ...set };
    checkOptions(context, changed);
    return changed;
  };
  return bucketInfo(await changeBucketRecord(context.kv, name, change, request));
}

const maxDocumentBytes = 64 * 1024;

function checkDocuments({ policy = '', cors = '' }: BucketChange): void {
  if (utf8(policy).byteLength <= maxDocumentBytes && utf8(cors).byteLength <= maxDocumentBytes) return;
  throw new CopysetError('request.too_large', `a document of a bucket has at most ${maxDocumentBytes} bytes`, {
    details: { reason: 'bucket-document' },
  });
}

/** Majority, and never below 2 where there are two copies. */
export function defaultQuorum(copies: number): number {
  return copies === 1 ? 1 : Math.max(2, Math.floor(copies / 2) + 1);
}

function checkOptions({ limits }: ObjectContext, options: Omit<BucketOptions, 'md5Etags'>): void {
  const { minBlockBytes, maxBlockBytes } = limits;
  const { copies, writeQuorum, blockBytes } = options;
  const problem =
    (!within(copies, 1, 5) && `copies must be 1 to 5, not ${copies}`) ||
    (!within(writeQuorum, Math.min(copies, 2), copies) &&
      `writeQuorum must be ${Math.min(copies, 2)} to ${copies}, not ${writeQuorum}`) ||
    (!within(blockBytes, minBlockBytes, maxBlockBytes) &&
      `blockBytes must be ${minBlockBytes} to ${maxBlockBytes}, not ${blockBytes}`);
  if (problem) throw new CopysetError('request.invalid', problem, { details: { reason: 'bucket-options' } });
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
