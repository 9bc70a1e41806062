import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect } from 'vitest';
import type { Ready } from '../support/dev-process.ts';
import { oddKeys } from './support/contents.ts';
import { type ObjectClient, testObjectClient } from './support/object-client.conformance.ts';

const expiresIn = 60;
const partSize = 8 * 2 ** 20;

function open({ endpoint, accessKeyId, secretAccessKey }: Ready): ObjectClient {
  const credentials = { accessKeyId, secretAccessKey };
  const config = { endpoint, credentials, region: 'us-east-1', forcePathStyle: true };
  const s3 = new S3Client(config);
  // by its defaults a URL is signed with the checksum of no bytes, and then good for an empty body only
  const signer = new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
  const get = async (Bucket: string, Key: string, Range?: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  return {
    makeBucket: async (Bucket) => void (await s3.send(new CreateBucketCommand({ Bucket }))),
    put: async (Bucket, Key, Body) => void (await s3.send(new PutObjectCommand({ Bucket, Key, Body }))),
    putStream: async (Bucket, Key, Body, ContentLength) =>
      void (await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength }))),
    uploadStream: async (Bucket, Key, Body) => {
      const upload = new Upload({ client: s3, params: { Bucket, Key, Body }, partSize, queueSize: 4 });
      await upload.done();
    },
    get,
    getRange: (bucket, key, { from, bytes }) => get(bucket, key, `bytes=${from}-${from + bytes - 1}`),
    keys: async (Bucket) => {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
        keys.push(...Contents.map(({ Key = '' }) => Key));
      }
      return keys;
    },
    delete: async (Bucket, keys) => {
      const Objects = keys.map((Key) => ({ Key }));
      const { Errors } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      expect(Errors).toBeUndefined();
    },
    removeBucket: async (Bucket) => void (await s3.send(new DeleteBucketCommand({ Bucket }))),
    errorOf: async (Bucket, Key) => {
      const error: unknown = await s3.send(new GetObjectCommand({ Bucket, Key })).catch((reason: unknown) => reason);
      return error instanceof S3ServiceException ? error.name : `no error of the store: ${String(error)}`;
    },
    presignedGet: (Bucket, Key) => getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), { expiresIn }),
    presignedPut: (Bucket, Key) => getSignedUrl(signer, new PutObjectCommand({ Bucket, Key }), { expiresIn }),
  };
}

describe('AWS SDK for JavaScript v3', () => {
  testObjectClient('aws-sdk', {
    open,
    oddKeys: [...oddKeys, '..', '../../etc/passwd', '.', './a', 'a/../b', '/', 'a/'],
  });
});
