/**
 * Why: a store writes under strace, from its first start on, and what it acknowledged is judged by the trace. The short
 * form writes 40 objects, the long one 600.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectAdmin } from '../../../src/admin/client.ts';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { S3Client } from '../../support/client.ts';
import { type DevProcess, launchDev, whenReady } from '../../support/dev-process.ts';
import { bytesOf } from '../../support/load/content.ts';
import { placedBlocks } from './block-ranges.ts';
import { tracedCalls } from './marks.ts';
import { type Acknowledged, OrderJudge, type Quorums, type Verdict } from './order-judge.ts';
import { readMoments } from './strace-log.ts';

export type TracedRunOptions = {
  /** An empty directory, for the store and the trace. */
  readonly directory: string;
  readonly seed: number;
  readonly objects: number;
  /** Of the program; the project's own when left out. */
  readonly root?: string;
};

export type TracedRun = Verdict & { readonly acknowledged: number; readonly blocks: number };

const bucket = 'traced';
const writers = 6;
const blockBytes = 2 ** 20;
const partBytes = 5 * 2 ** 20;
/** An object of more blocks than a record holds has a manifest. */
const manifestBytes = 17 * blockBytes;
/** Of each string; it must hold the records of all writers in one. */
const shownBytes = 12 * 1024;

/** Undefined when strace works here, else why not. */
export function whyNoStrace(): string | undefined {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true']);
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? undefined : 'strace may not trace here';
}

export async function runTraced({ directory, seed, objects, root }: TracedRunOptions): Promise<TracedRun> {
  const trace = join(directory, 'trace');
  const store = join(directory, 'store');
  const options = ['-D', '-f', '--seccomp-bpf', '-y', '-s', String(shownBytes), '-e', `trace=${tracedCalls.join()}`];
  const under = ['strace', ...options, '-o', trace, '--'];
  const program = launchDev(store, ['--block-bytes', '1MiB'], { under, ...(root === undefined ? {} : { root }) });
  await using dev = await whenReady(program);
  const acknowledged = await writeObjects(dev, store, { seed, objects });
  const quorums = await quorumsOf(dev);
  const { volumes } = await dev.status();
  await dev.end();
  const placed = (await Promise.all(volumes.map(({ path }) => placedBlocks(path)))).flat();
  const judge = new OrderJudge({ acknowledged, placed, quorums });
  for await (const moment of readMoments(createInterface({ input: createReadStream(trace) }))) judge.see(moment);
  const blocks = new Set(acknowledged.flatMap((each) => each.blocks)).size;
  return { ...judge.verdict, acknowledged: acknowledged.length, blocks };
}

async function quorumsOf(dev: DevProcess): Promise<Quorums> {
  const { writeQuorum, catalog } = await dev.status();
  return { volumes: writeQuorum, journals: Math.floor(catalog.journals.length / 2) + 1 };
}

type Writing = { readonly seed: number; readonly objects: number };

/** Several at a time; then asks the store of which blocks each object is made. */
async function writeObjects(dev: DevProcess, store: string, { seed, objects }: Writing): Promise<Acknowledged[]> {
  using client = new S3Client(dev.ready);
  await client.createBucket(bucket);
  const random = seededRandom(seed);
  const acknowledged: Acknowledged[] = [];
  const keys = Array.from({ length: objects }, (_, at) => at).values();
  const write = async () => {
    for (const number of keys) {
      const body = bytesOf({ seed: seed * 2 ** 20 + number, bytes: drawBytes(number, random) });
      acknowledged.push(...(await writeObject({ client, store }, `key-${number}`, body)));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return acknowledged;
}

/** Of twenty objects one has a manifest and one is uploaded in parts. */
function drawBytes(number: number, random: Random): number {
  if (number % 20 === 7) return manifestBytes + random.integer(blockBytes);
  if (number % 20 === 13) return partBytes + 1 + random.integer(2 * blockBytes);
  return 1 + random.integer(number % 4 === 0 ? 4 * blockBytes : 10_000);
}

type Places = { readonly client: S3Client; readonly store: string };

async function writeObject({ client, store }: Places, key: string, body: Buffer): Promise<Acknowledged[]> {
  const isInParts = body.byteLength > partBytes && body.byteLength < manifestBytes;
  const parts = [body.subarray(0, partBytes), body.subarray(partBytes)];
  const { etag, partEtags } = isInParts
    ? await client.putParts(bucket, key, parts)
    : { etag: await client.put(bucket, key, body), partEtags: [] };
  const blocks = await Array.fromAsync(connectAdmin(store).objectLocations({ bucket, key }));
  const ofPart = (at: number) => blocks.filter(({ fromByte }) => fromByte >= partBytes === (at === 1));
  const named = (some: typeof blocks) => some.map(({ block }) => block);
  const wholeParts = partEtags.map((partEtag, at) => ({ etag: bare(partEtag), blocks: named(ofPart(at)) }));
  return [{ etag: bare(etag), blocks: named(blocks) }, ...wholeParts];
}

function bare(etag: string): string {
  return etag.replaceAll('"', '');
}
