/** Why: an upload that was begun by one version may be completed by a later one. */
import type { S3Answer, S3Client } from '../support/client.ts';
import { bucket, patternOf, unfinished } from './small-store.ts';

const target = `/${bucket}/${unfinished.key}`;

export async function beginUpload(client: S3Client): Promise<void> {
  const created = expectOk(await client.ask({ method: 'POST', target: `${target}?uploads=` }));
  const upload = found(created, /<UploadId>(.*?)<\/UploadId>/);
  for (const [at, pattern] of unfinished.parts.entries()) {
    const body = patternOf(pattern);
    expectOk(await client.ask({ method: 'PUT', target: `${target}?partNumber=${at + 1}&uploadId=${upload}`, body }));
  }
}

/** With the parts that the store says it has. */
export async function completeUpload(client: S3Client): Promise<void> {
  const uploads = expectOk(await client.ask({ method: 'GET', target: `/${bucket}?uploads=` }));
  const upload = found(uploads, /<UploadId>(.*?)<\/UploadId>/);
  const listed = expectOk(await client.ask({ method: 'GET', target: `${target}?uploadId=${upload}` })).body.toString();
  const parts = [...listed.matchAll(/<PartNumber>(\d+)<\/PartNumber>.*?<ETag>(.*?)<\/ETag>/gs)].map(
    ([, number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
  );
  const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  expectOk(await client.ask({ method: 'POST', target: `${target}?uploadId=${upload}`, body }));
}

function expectOk(answer: S3Answer): S3Answer {
  if (answer.status === 200 && !answer.body.includes('<Error>')) return answer;
  throw new Error(`answered ${answer.status}: ${answer.body.toString()}`);
}

function found({ body }: S3Answer, pattern: RegExp): string {
  const text = pattern.exec(body.toString())?.[1];
  if (text === undefined) throw new Error(`no ${pattern.source} in ${body.toString()}`);
  return text;
}
