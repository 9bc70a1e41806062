/**
 * Why: makes the store that later versions are held to, as this version writes it. Run once a released format:
 * `node test/upgrade/make-store.ts` writes test/upgrade/stores/VERSION.tar.zst, and replaces none.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../src/server/version.ts';
import { S3Client } from '../support/client.ts';
import { startDev } from '../support/dev-process.ts';
import { copiesOn, flipByte, isManifest } from '../support/segment-frames.ts';
import {
  archiveOf,
  bucket,
  copied,
  deleted,
  multipart,
  owedObjects,
  pack,
  patternOf,
  wholeObjects,
} from './small-store.ts';
import { beginUpload } from './unfinished-upload.ts';

const archive = archiveOf(version);
if (existsSync(archive)) throw new Error(`${archive} is there already; a released store never changes`);
const folder = await mkdtemp(join(tmpdir(), 'copyset-upgrade-'));
try {
  await withStore(fill);
  await rename(away(), `${away()}.away`);
  await withStore(owe, '--lost-after', '1h');
  await rename(`${away()}.away`, away());
  await damage();
  pack(folder, archive);
} finally {
  await rm(folder, { recursive: true });
}

/** The last volume: it carries no journal. */
function away(): string {
  return join(folder, 'volumes', 'v4');
}

/** The process is killed in the end, as a crash would. */
async function withStore(work: (client: S3Client) => Promise<void>, ...options: readonly string[]): Promise<void> {
  await using dev = await startDev(folder, '--block-bytes', '1MiB', ...options);
  using client = new S3Client(dev.ready);
  await work(client);
}

async function fill(client: S3Client): Promise<void> {
  await client.createBucket(bucket);
  await client.put(bucket, 'overwritten', patternOf({ seed: 1, bytes: 9_000 }));
  await client.put(bucket, deleted, patternOf({ seed: 2, bytes: 9_000 }));
  for (const [key, pattern] of wholeObjects) await client.put(bucket, key, patternOf(pattern));
  await client.putParts(bucket, multipart.key, multipart.parts.map(patternOf));
  await beginUpload(client);
  await client.copy(bucket, copied.from, copied.to);
  await client.delete(bucket, deleted);
}

async function owe(client: S3Client): Promise<void> {
  for (const [key, pattern] of owedObjects) await client.put(bucket, key, patternOf(pattern));
}

/** One copy each of some packed blocks, of a large one, and of a manifest, on different volumes. */
async function damage(): Promise<void> {
  const harmed = new Set<string>();
  for (const number of [1, 2, 3]) {
    const copies = [...(await copiesOn(join(folder, 'volumes', `v${number}`)))];
    for (const [block, copy] of copies) {
      const kind = (await isManifest(copy)) ? 'manifest' : copy.payloadBytes > 500_000 ? 'large' : `packed ${number}`;
      if (harmed.has(kind) || harmed.has(block) || copy.payloadBytes === 0) continue;
      await flipByte(copy, Math.floor(copy.payloadBytes / 2));
      harmed.add(kind).add(block);
    }
  }
}
