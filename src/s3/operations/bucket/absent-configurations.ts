/**
 * Why: clients ask for configurations that no bucket of this store can have. The truthful answer is S3's own for a
 * bucket that was never configured so: an error of its own name, or an empty document. To put one is answered 501.
 */
import type { Action } from '../../../access/action.ts';
import { type S3Code, s3Error } from '../../errors.ts';
import type { Operation } from '../../operation.ts';
import { type Reply, xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import type { XmlFields } from '../../xml/writer.ts';

type Question = { readonly name: string; readonly query: string; readonly action: Action };

/** Each by the page of its name in docs.aws.amazon.com/AmazonS3/latest/API/. */
export const absentConfigurations: readonly Operation<BucketTarget>[] = [
  missing(
    { name: 'GetBucketEncryption', query: 'encryption', action: 's3:GetEncryptionConfiguration' },
    'ServerSideEncryptionConfigurationNotFoundError',
  ),
  missing(
    { name: 'GetBucketLifecycleConfiguration', query: 'lifecycle', action: 's3:GetLifecycleConfiguration' },
    'NoSuchLifecycleConfiguration',
  ),
  missing(
    { name: 'GetObjectLockConfiguration', query: 'object-lock', action: 's3:GetBucketObjectLockConfiguration' },
    'ObjectLockConfigurationNotFoundError',
  ),
  missing(
    { name: 'GetBucketReplication', query: 'replication', action: 's3:GetReplicationConfiguration' },
    'ReplicationConfigurationNotFoundError',
  ),
  missing({ name: 'GetBucketWebsite', query: 'website', action: 's3:GetBucketWebsite' }, 'NoSuchWebsiteConfiguration'),
  missing(
    { name: 'GetPublicAccessBlock', query: 'publicAccessBlock', action: 's3:GetBucketPublicAccessBlock' },
    'NoSuchPublicAccessBlockConfiguration',
  ),
  missing(
    { name: 'GetBucketOwnershipControls', query: 'ownershipControls', action: 's3:GetBucketOwnershipControls' },
    'OwnershipControlsNotFoundError',
  ),
  empty({ name: 'GetBucketLogging', query: 'logging', action: 's3:GetBucketLogging' }, 'BucketLoggingStatus'),
  empty(
    { name: 'GetBucketNotificationConfiguration', query: 'notification', action: 's3:GetBucketNotification' },
    'NotificationConfiguration',
  ),
  empty(
    { name: 'GetBucketAccelerateConfiguration', query: 'accelerate', action: 's3:GetAccelerateConfiguration' },
    'AccelerateConfiguration',
  ),
  empty(
    { name: 'GetBucketRequestPayment', query: 'requestPayment', action: 's3:GetBucketRequestPayment' },
    'RequestPaymentConfiguration',
    { Payer: 'BucketOwner' },
  ),
];

function missing(question: Question, code: S3Code): Operation<BucketTarget> {
  return answered(question, () => {
    throw s3Error(code);
  });
}

function empty(question: Question, root: string, fields: XmlFields = {}): Operation<BucketTarget> {
  return answered(question, () => xmlReply(root, fields));
}

function answered({ name, query, action }: Question, reply: () => Reply): Operation<BucketTarget> {
  return {
    name,
    level: 'bucket',
    method: 'GET',
    when: { query: { [query]: true } },
    action,
    body: 'none',
    async handle({ target, store, signal }) {
      await store.headBucket(target.bucket, { signal });
      return reply();
    },
  };
}
