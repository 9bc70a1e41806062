/** Why: what a bucket says of strangers and of other origins is read with the bucket, for each request that asks. */
import { parsePolicy } from '../access/policy.ts';
import type { CallOptions } from '../base/async/abort.ts';
import { utf8 } from '../base/bytes.ts';
import { isCopysetError } from '../base/errors.ts';
import type { BucketDocuments, ObjectStore } from '../object/store.ts';
import { parseCors } from './cors.ts';
import type { CorsOf } from './cross-origin.ts';
import { ParsedDocuments } from './parsed-documents.ts';
import type { PolicyOf } from './policies.ts';

/** The rules of the buckets of this store. */
export function bucketRules(store: ObjectStore): { readonly policyOf: PolicyOf; readonly corsOf: CorsOf } {
  const policies = new ParsedDocuments(parsePolicy);
  const rules = new ParsedDocuments((text) => parseCors([utf8(text)]));
  return {
    policyOf: async (bucket, options) => {
      const policy = (await documentsOf(store, bucket, options))?.policy;
      return policy === undefined ? undefined : policies.of(bucket, policy);
    },
    corsOf: async (bucket, options) => {
      const cors = (await documentsOf(store, bucket, options))?.cors;
      return cors === undefined ? undefined : rules.of(bucket, cors);
    },
  };
}

async function documentsOf(
  store: ObjectStore,
  bucket: string,
  options: CallOptions,
): Promise<BucketDocuments | undefined> {
  try {
    return (await store.headBucket(bucket, options)).documents;
  } catch (error) {
    if (isCopysetError(error, 'not_found')) return undefined; // a bucket that is not there has no rules
    throw error;
  }
}
