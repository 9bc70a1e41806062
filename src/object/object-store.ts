/** Why: the verbs gathered into the contract of store.ts; the only name that doors are given. */
import { findBucket, listBuckets, removeBucket } from '../catalog/buckets.ts';
import { createBucket } from './buckets.ts';
import type { ObjectContext } from './context.ts';
import { copyObject } from './copy.ts';
import { bucketInfo } from './info.ts';
import { deleteObject, getObject, headObject, listObjects, putObject } from './objects.ts';
import type { ObjectStore } from './store.ts';
import { abortUpload, completeUpload, createUpload, listOpenUploads, listUploadParts, uploadPart } from './uploads.ts';

export function createObjectStore(context: ObjectContext): ObjectStore {
  return {
    createBucket: (name, options = {}) => createBucket(context, name, options),
    deleteBucket: (name, options) => removeBucket(context.kv, name, options),
    headBucket: async (name, options) => bucketInfo((await findBucket(context.kv, name, options)).record),
    listBuckets: async (options) => (await listBuckets(context.kv, options)).map(bucketInfo),
    put: (bucket, key, object, options = {}) => putObject(context, bucket, key, { ...object, ...options }),
    get: (bucket, key, options = {}) => getObject(context, bucket, key, options),
    head: (bucket, key, options = {}) => headObject(context, bucket, key, options),
    delete: (bucket, key, options = {}) => deleteObject(context, bucket, key, options),
    copy: (from, to, options = {}) => copyObject(context, from, to, options),
    list: (bucket, query, options = {}) => listObjects(context, bucket, query, options),
    createUpload: (bucket, key, options) => createUpload(context, bucket, key, options),
    putPart: (upload, number, body, options = {}) => uploadPart(context, upload, number, { ...options, body }),
    completeUpload: (upload, parts, options = {}) => completeUpload(context, upload, parts, options),
    abortUpload: (upload, options = {}) => abortUpload(context, upload, options),
    listParts: (upload, after, options) => listUploadParts(context, upload, after, options),
    listUploads: (bucket, options = {}) => listOpenUploads(context, bucket, options),
  };
}
