import { buffer } from 'node:stream/consumers';
import { Client, S3Error } from 'minio';
import { describe } from 'vitest';
import type { Ready } from '../support/dev-process.ts';
import { oddKeys } from './support/contents.ts';
import { type ObjectClient, testObjectClient } from './support/object-client.conformance.ts';

const expiresSeconds = 60;
const partSize = 8 * 2 ** 20;

function open({ endpoint, accessKeyId, secretAccessKey }: Ready): ObjectClient {
  const { hostname, port } = new URL(endpoint);
  const key = { accessKey: accessKeyId, secretKey: secretAccessKey };
  const client = new Client({ endPoint: hostname, port: Number(port), useSSL: false, partSize, ...key });
  return {
    makeBucket: (bucket) => client.makeBucket(bucket),
    put: async (bucket, key, bytes) => void (await client.putObject(bucket, key, bytes, bytes.byteLength)),
    putStream: async (bucket, key, stream, bytes) => void (await client.putObject(bucket, key, stream, bytes)),
    uploadStream: async (bucket, key, stream) => void (await client.putObject(bucket, key, stream)),
    get: async (bucket, key) => buffer(await client.getObject(bucket, key)),
    getRange: async (bucket, key, { from, bytes }) => buffer(await client.getPartialObject(bucket, key, from, bytes)),
    keys: async (bucket) => {
      const keys: string[] = [];
      for await (const { name } of client.listObjectsV2(bucket, '', true)) keys.push(name as string);
      return keys;
    },
    delete: async (bucket, keys) => void (await client.removeObjects(bucket, [...keys])),
    removeBucket: (bucket) => client.removeBucket(bucket),
    errorOf: async (bucket, key) => {
      const error: unknown = await client.getObject(bucket, key).catch((reason: unknown) => reason);
      return error instanceof S3Error ? (error.code ?? '') : `no error of the store: ${String(error)}`;
    },
    presignedGet: (bucket, key) => client.presignedGetObject(bucket, key, expiresSeconds),
    presignedPut: (bucket, key) => client.presignedPutObject(bucket, key, expiresSeconds),
  };
}

describe('minio-js', () => {
  testObjectClient('minio-js', { open, oddKeys });
});
