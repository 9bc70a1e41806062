/**
 * Why: what is under way while the clock is set: uploads that were begun before, in a bucket with versions and in one
 * without, and a body of which the first blocks lie on the volumes and nothing refers to them yet.
 */
import { expect } from 'vitest';
import type { S3Answer, S3Client } from '../support/client.ts';
import { bytesOf, type Content } from '../support/load/content.ts';
import type { ClockedStore } from './clocked-store.ts';

export type Kept = { readonly target: string; readonly content: Content };

const partBytes = 5 * 2 ** 20;
const lastBytes = 70_000;
const slowBytes = 3 * 2 ** 20;
/** Of the slow body, before the clock is set: two blocks. */
const firstBytes = 2 * 2 ** 20;

/** Resolves with what ends it all, and gives what is there then. */
export async function beginOverJump(
  store: ClockedStore,
  client: S3Client,
  { buckets, round }: { readonly buckets: readonly string[]; readonly round: number },
): Promise<() => Promise<Kept[]>> {
  const uploads = await Promise.all(
    buckets.map((bucket, at) => beginUpload(client, `/${bucket}/upload-${round}`, 1000 + 2 * round + at)),
  );
  const slow = { target: `/${buckets[0]}/slow-${round}`, content: { seed: 2000 + round, bytes: slowBytes } };
  const half = await store.beginPut(slow.target, bytesOf(slow.content), firstBytes);
  return async () => {
    const kept = await Promise.all(uploads.map((finish) => finish()));
    expect((await half.finish()).status).toBe(200);
    return [...kept, slow];
  };
}

async function beginUpload(client: S3Client, target: string, seed: number): Promise<() => Promise<Kept>> {
  const content = { seed, bytes: partBytes + lastBytes };
  const body = bytesOf(content);
  const created = await ok(client, { method: 'POST', target: `${target}?uploads=` });
  const upload = /<UploadId>(.*?)<\/UploadId>/.exec(created.body.toString())?.[1];
  const part = async (number: number, bytes: Uint8Array) =>
    (await ok(client, { method: 'PUT', target: `${target}?partNumber=${number}&uploadId=${upload}`, body: bytes }))
      .etag;
  const first = await part(1, body.subarray(0, partBytes));
  return async () => {
    const etags = [first, await part(2, body.subarray(partBytes))];
    const lines = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const list = Buffer.from(`<CompleteMultipartUpload>${lines.join('')}</CompleteMultipartUpload>`);
    await ok(client, { method: 'POST', target: `${target}?uploadId=${upload}`, body: list });
    return { target, content };
  };
}

async function ok(client: S3Client, ask: Parameters<S3Client['ask']>[0]): Promise<S3Answer> {
  const answer = await client.ask(ask);
  expect(answer.body.toString()).not.toContain('<Error>');
  expect(answer.status).toBe(200);
  return answer;
}
