/**
 * Why: the verbs about buckets. Sources: ListBuckets, CreateBucket, DeleteBucket, HeadBucket, Amazon S3 API reference.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { S3Bucket, S3Client } from '../client.ts';
import type { Caller } from '../wire/caller.ts';
import { childrenOf, escapeXml, findText, requestDocument, textOf, type XmlNode } from '../wire/xml.ts';

type BucketVerbs = Pick<S3Client, 'listBuckets' | 'createBucket' | 'deleteBucket' | 'headBucket'>;

export function bucketVerbs(caller: Caller): BucketVerbs {
  return {
    listBuckets: (options) => listBuckets(caller, options),
    createBucket: (bucket, options) => {
      const body = locationDocument(caller.region);
      return caller.do({ method: 'PUT', bucket, ...(body !== undefined && { body }) }, options);
    },
    deleteBucket: (bucket, options) => caller.do({ method: 'DELETE', bucket }, options),
    headBucket: (bucket, options) => caller.do({ method: 'HEAD', bucket }, options),
  };
}

async function listBuckets(caller: Caller, options: CallOptions | undefined): Promise<readonly S3Bucket[]> {
  const found: S3Bucket[] = [];
  let token: string | undefined;
  do {
    const root = await caller.document({ method: 'GET', query: { 'continuation-token': token } }, options);
    const list = root.children.find(({ name }) => name === 'Buckets');
    if (list !== undefined) found.push(...childrenOf(list, 'Bucket').map(bucketIn));
    token = findText(root, 'ContinuationToken') || undefined;
  } while (token !== undefined);
  return found;
}

function bucketIn(node: XmlNode): S3Bucket {
  return { name: textOf(node, 'Name'), createdAtMs: Date.parse(findText(node, 'CreationDate') ?? '') || 0 };
}

/** The first region is told by telling none. */
function locationDocument(region: string): Uint8Array | undefined {
  if (region === 'us-east-1') return undefined;
  const constraint = `<LocationConstraint>${escapeXml(region)}</LocationConstraint>`;
  return requestDocument('CreateBucketConfiguration', constraint);
}
