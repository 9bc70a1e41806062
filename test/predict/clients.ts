/** Why: what clients of a store would note down: how long each request took, and what the store did meanwhile. */
import { seededRandom } from '../../src/base/random.ts';
import { quantileOfSorted } from '../../src/plan/numeric/statistics.ts';
import { zipfSampler } from '../../src/plan/simulate/cache-replay.ts';
import { bodyOf } from '../support/bodies.ts';
import { bytesOf } from '../support/load/content.ts';
import { type Configuration, MiB } from './configuration.ts';
import { type DelayedStore, writtenBytes } from './delayed-store.ts';

export type Waits = { readonly p50Sec: number; readonly p99Sec: number };

/** So few that the processor and the disk are idle most of the time. */
function clientsFor({ objectBytes }: Pick<Configuration, 'objectBytes'>) {
  return objectBytes > MiB ? { writers: 3, readers: 6 } : { writers: 5, readers: 12 };
}

export type Filling = { readonly bucket: string; readonly objects: number; readonly objectBytes: number };

export type Writing = Waits & { readonly bytesPerObject: number };

/** Puts that many new objects; keys are their numbers. */
export async function putObjects({ objects: store }: DelayedStore, filling: Filling): Promise<Writing> {
  const { bucket, objects, objectBytes } = filling;
  const before = await writtenBytes();
  const waitsSec = await eachOf(objects, clientsFor(filling).writers, async (number) => {
    const bytes = bytesOf({ seed: seedOf(bucket) + number, bytes: objectBytes });
    const startedMs = performance.now();
    await store.put(bucket, String(number), { headers: { metadata: {} }, body: bodyOf(bytes, 2 ** 20) });
    return (performance.now() - startedMs) / 1000;
  });
  return { ...waitsOf(waitsSec), bytesPerObject: ((await writtenBytes()) - before) / objects };
}

/** No two buckets have the same content: a block that is there already is written faster. */
function seedOf(bucket: string): number {
  return Buffer.from(bucket).reduce((hash, byte) => (hash * 31 + byte) % 2 ** 20, 7) * 2 ** 16;
}

export type Reading = { readonly bucket: string; readonly asked: readonly number[]; readonly objectBytes: number };

/** Reads whole objects by their numbers. */
export async function readObjects({ objects: store }: DelayedStore, { bucket, asked, objectBytes }: Reading) {
  const waitsSec = await eachOf(asked.length, clientsFor({ objectBytes }).readers, async (turn) => {
    const startedMs = performance.now();
    const reader = await store.get(bucket, String(asked[turn]));
    for await (const slab of reader.slabs) slab.release();
    return (performance.now() - startedMs) / 1000;
  });
  return waitsOf(waitsSec);
}

/** The share of these reads, one after another, that the cache answered. */
export async function hitRatioOf(store: DelayedStore, bucket: string, asked: readonly number[]): Promise<number> {
  const before = store.cacheUsage;
  for (const number of asked) {
    const reader = await store.objects.get(bucket, String(number));
    for await (const slab of reader.slabs) slab.release();
  }
  const { hits, misses } = store.cacheUsage;
  return (hits - before.hits) / (hits - before.hits + misses - before.misses);
}

/** As the planner takes it where nobody says otherwise. */
const alpha = 0.9;

/** Which objects are asked for, in order: by popularity, or all of them in turn. */
export function askedFor({ asked, objects }: Pick<Required<Configuration>, 'asked' | 'objects'>, reads: number) {
  const next = asked === 'zipf' ? zipfSampler(objects, alpha, seededRandom(objects)) : undefined;
  return Array.from({ length: reads }, (_, turn) => next?.() ?? turn % objects);
}

/** Each object as often as any other. */
export function uniformly(objects: number, reads: number): number[] {
  return Array.from({ length: reads }, (_, turn) => turn % objects);
}

/** A bucket that keeps as many copies, and so on, as the configuration says. */
export async function bucketFor(
  { objects }: DelayedStore,
  name: string,
  { copies, writeQuorum, blockBytes }: Pick<Configuration, 'copies' | 'writeQuorum' | 'blockBytes'>,
): Promise<string> {
  await objects.createBucket(name, { set: { copies, writeQuorum, blockBytes } });
  return name;
}

/** Each client takes the next number when it has its answer. */
async function eachOf(count: number, clients: number, request: (number: number) => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  let next = 0;
  const client = async () => {
    while (next < count) results.push(await request(next++));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return results;
}

function waitsOf(seconds: readonly number[]): Waits {
  const sorted = seconds.toSorted((left, right) => left - right);
  return { p50Sec: quantileOfSorted(sorted, 0.5), p99Sec: quantileOfSorted(sorted, 0.99) };
}
