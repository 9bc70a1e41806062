/** Why: all that the door can do, as one closed list; a new operation is a file and a line here. */
import type { AnyOperation } from '../router/route-table.ts';
import { getBucketAcl } from './acl/get-bucket-acl.ts';
import { getObjectAcl } from './acl/get-object-acl.ts';
import { putBucketAcl } from './acl/put-bucket-acl.ts';
import { putObjectAcl } from './acl/put-object-acl.ts';
import { absentConfigurations } from './bucket/absent-configurations.ts';
import { createBucket } from './bucket/create-bucket.ts';
import { deleteBucket } from './bucket/delete-bucket.ts';
import { deleteObjects } from './bucket/delete-objects.ts';
import { getBucketLocation } from './bucket/get-bucket-location.ts';
import { headBucket } from './bucket/head-bucket.ts';
import { deleteBucketCors } from './cors/delete-bucket-cors.ts';
import { getBucketCors } from './cors/get-bucket-cors.ts';
import { putBucketCors } from './cors/put-bucket-cors.ts';
import { listObjects } from './listing/objects.ts';
import { listObjectsV2 } from './listing/objects-v2.ts';
import { listObjectVersions } from './listing/versions.ts';
import { abortMultipartUpload } from './multipart/abort-multipart-upload.ts';
import { completeMultipartUpload } from './multipart/complete-multipart-upload.ts';
import { createMultipartUpload } from './multipart/create-multipart-upload.ts';
import { listMultipartUploads } from './multipart/list-multipart-uploads.ts';
import { listParts } from './multipart/list-parts.ts';
import { uploadPart } from './multipart/upload-part.ts';
import { uploadPartCopy } from './multipart/upload-part-copy.ts';
import { copyObject } from './object/copy-object.ts';
import { deleteObject } from './object/delete-object.ts';
import { getObject } from './object/get-object.ts';
import { getObjectAttributes } from './object/get-object-attributes.ts';
import { headObject } from './object/head-object.ts';
import { putObject } from './object/put-object.ts';
import { deleteBucketPolicy } from './policy/delete-bucket-policy.ts';
import { getBucketPolicy } from './policy/get-bucket-policy.ts';
import { getBucketPolicyStatus } from './policy/get-bucket-policy-status.ts';
import { putBucketPolicy } from './policy/put-bucket-policy.ts';
import { listBuckets } from './service/list-buckets.ts';
import { deleteBucketTagging } from './tagging/delete-bucket-tagging.ts';
import { deleteObjectTagging } from './tagging/delete-object-tagging.ts';
import { getBucketTagging } from './tagging/get-bucket-tagging.ts';
import { getObjectTagging } from './tagging/get-object-tagging.ts';
import { putBucketTagging } from './tagging/put-bucket-tagging.ts';
import { putObjectTagging } from './tagging/put-object-tagging.ts';
import { getBucketVersioning } from './versioning/get-bucket-versioning.ts';
import { putBucketVersioning } from './versioning/put-bucket-versioning.ts';

export const operations: readonly AnyOperation[] = [
  listBuckets,
  createBucket,
  headBucket,
  deleteBucket,
  getBucketLocation,
  listObjects,
  listObjectsV2,
  listObjectVersions,
  deleteObjects,
  getBucketVersioning,
  putBucketVersioning,
  getBucketTagging,
  putBucketTagging,
  deleteBucketTagging,
  getBucketPolicy,
  putBucketPolicy,
  deleteBucketPolicy,
  getBucketPolicyStatus,
  getBucketCors,
  putBucketCors,
  deleteBucketCors,
  getBucketAcl,
  putBucketAcl,
  ...absentConfigurations,
  putObject,
  copyObject,
  getObject,
  headObject,
  deleteObject,
  getObjectAttributes,
  getObjectTagging,
  putObjectTagging,
  deleteObjectTagging,
  getObjectAcl,
  putObjectAcl,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
  completeMultipartUpload,
  abortMultipartUpload,
  listParts,
  listMultipartUploads,
];
