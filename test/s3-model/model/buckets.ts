/** Why: buckets by API_CreateBucket.html, API_DeleteBucket.html and API_PutBucketVersioning.html. */
import type { Answer } from '../answer.ts';
import type { Op } from '../operations.ts';
import { needBucket } from './objects.ts';
import { Refusal } from './refusal.ts';
import type { State } from './state.ts';

/** For its owner it is done again without an error, as us-east-1 has it. */
export function createBucket(state: State, { bucket }: Op<'createBucket'>): Answer {
  if (state.bucket(bucket) === undefined) state.buckets.set(bucket, { status: undefined, versions: new Map() });
  return { status: 200, headers: { location: `/${bucket}` } };
}

/** Versions and delete markers count; so do open uploads, which are given up first. */
export function deleteBucket(state: State, op: Op<'deleteBucket'>): Answer {
  const bucket = needBucket(state, op.bucket);
  const hasVersions = [...bucket.versions.values()].some((versions) => versions.length > 0);
  const hasUploads = state.uploads.some(({ home, state: now }) => home === bucket && now === 'open');
  if (hasVersions || hasUploads) throw new Refusal('BucketNotEmpty');
  state.buckets.delete(op.bucket);
  return { status: 204, headers: {} };
}

export function putVersioning(state: State, op: Op<'putVersioning'>): Answer {
  needBucket(state, op.bucket).status = op.status;
  return { status: 200, headers: {} };
}

export function getVersioning(state: State, op: Op<'getVersioning'>): Answer {
  return { status: 200, headers: {}, document: needBucket(state, op.bucket).status };
}
