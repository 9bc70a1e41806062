/** Why: the verbs gathered into the contract of store.ts; the only name that doors are given. */
import { findBucket, listBuckets, removeBucket } from '../catalog/buckets.ts';
import { changeBucket, createBucket } from './buckets.ts';
import { completeUpload } from './complete-upload.ts';
import type { ObjectContext } from './context.ts';
import { copyObject } from './copy.ts';
import { copyPart } from './copy-part.ts';
import { bucketInfo } from './info.ts';
import { listObjects, listObjectVersions, listOpenUploads } from './listings.ts';
import { deleteObject, getObject, headObject, putObject, setTags } from './objects.ts';
import type { ObjectStore } from './store.ts';
import { abortUpload, createUpload, listUploadParts, uploadPart } from './uploads.ts';

export function createObjectStore(context: ObjectContext): ObjectStore {
  return {
    createBucket: (name, options = {}) => createBucket(context, name, options),
    changeBucket: (name, change, options = {}) => changeBucket(context, name, { ...options, change }),
    deleteBucket: (name, options) => removeBucket(context.kv, name, options),
    headBucket: async (name, options) => bucketInfo((await findBucket(context.kv, name, options)).record),
    listBuckets: async (options) => (await listBuckets(context.kv, options)).map(bucketInfo),
    put: (bucket, key, object, options = {}) => putObject(context, { bucket, key }, object, options),
    get: (bucket, key, options = {}) => getObject(context, { bucket, key }, options),
    head: (bucket, key, options = {}) => headObject(context, { bucket, key }, options),
    delete: (bucket, key, options = {}) => deleteObject(context, { bucket, key }, options),
    copy: (from, to, options = {}) => copyObject(context, from, to, options),
    setTags: (bucket, key, tags, options = {}) => setTags(context, { bucket, key }, tags, options),
    list: (bucket, query, options = {}) => listObjects(context, bucket, query, options),
    listVersions: (bucket, query, options = {}) => listObjectVersions(context, bucket, query, options),
    createUpload: (bucket, key, { signal, ...request }) => createUpload(context, { bucket, key }, request, { signal }),
    putPart: (upload, number, body, options = {}) => uploadPart(context, { ...upload, number }, body, options),
    copyPart: (from, to, options = {}) => copyPart(context, from, to, options),
    completeUpload: (upload, completion, options = {}) => completeUpload(context, upload, completion, options),
    abortUpload: (upload, options = {}) => abortUpload(context, upload, options),
    listParts: (upload, after, options) => listUploadParts(context, upload, after, options),
    listUploads: (bucket, query, options = {}) => listOpenUploads(context, bucket, query, options),
  };
}
