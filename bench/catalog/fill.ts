/**
 * Why: ten million objects through the door of the store would take hours. Their versions are put into the catalog by
 * the very verb that ends a PUT, many at once, as many clients would: the records, the log of changes, the journals and
 * the database are those of the product. There are no blocks behind them.
 */
import { nameOfDigest } from '../../src/base/block-name.ts';
import { hex } from '../../src/base/bytes.ts';
import { steadyClock, systemClock } from '../../src/base/clock.ts';
import { hashAlgorithms } from '../../src/base/hash.ts';
import { systemRandom } from '../../src/base/random.ts';
import { findBucket } from '../../src/catalog/buckets.ts';
import { epochKey } from '../../src/catalog/records/layout-entry.ts';
import { continueStamps } from '../../src/catalog/removed-stamps.ts';
import { type NewVersion, putVersion } from '../../src/catalog/versions.ts';
import { openNodeDisk } from '../../src/disk/node/node-disk.ts';
import type { Kv } from '../../src/kv/kv.ts';
import { newVersion } from '../../src/object/objects.ts';
import { silentLog } from '../../src/observe/log.ts';
import { openCatalog } from '../../src/server/catalog/open-catalog.ts';
import { Jobs } from '../../src/server/jobs.ts';
import { readStoreDirectory } from '../../src/server/store-directory.ts';
import { bucket as bucketName } from '../load/endpoint.ts';
import { keyAt } from './keys.ts';

export type Filling = {
  /** Numbers of the keys, from ... to before. */
  readonly from: number;
  readonly to: number;
  readonly copies: number;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
};

const writers = 64;
const inFlight = 512;
/** As many changes as the product keeps for consumers; it trims them once a minute, this as often at its own pace. */
const keptChanges = 100_000;
const tellEveryMs = 5_000;
const objectBytes = 1234;

/** Of a store that was begun and is not served. Resolves with the keys a second. */
export async function fillCatalog(directory: string, filling: Filling): Promise<number> {
  const room = { clock: steadyClock(systemClock), random: systemRandom, log: silentLog };
  const store = await readStoreDirectory({ home: openNodeDisk(directory), path: directory, ...room });
  const folder = `${directory}/catalog`;
  const opened = { directory: store, folder, jobs: new Jobs(systemClock), patient: false, ...room };
  const catalog = await openCatalog(opened);
  try {
    return await putAll(catalog.kv, filling);
  } finally {
    await catalog.close();
  }
}

async function putAll(kv: Kv, filling: Filling): Promise<number> {
  const { from, to, copies, tell, signal } = filling;
  const bucket = await findBucket(kv, bucketName, { signal });
  const epoch = await kv.get(epochKey(copies), { signal });
  if (epoch === undefined) throw new Error('the store has no layout yet: put an object into it first');
  const guard = { classId: copies, epoch: epoch.value };
  const stamps = await continueStamps(kv, systemClock, { signal });
  const startedMs = performance.now();
  const progress = new Progress(to - from, tell);
  const numbers = interleaved(from, to);
  const write = async () => {
    for (const number of numbers) {
      const outcome = await putVersion(kv, { bucket, version: versionAt(number, copies), stamps, guard }, { signal });
      if (outcome.kind !== 'committed') throw new Error(`a version was not committed: ${outcome.kind}`);
      if (progress.count() % keptChanges === 0) await trim(kv);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, write));
  await trim(kv);
  return Math.round((to - from) / ((performance.now() - startedMs) / 1000));
}

/** So many walk side by side, each along keys of its own: as those who upload folders do. */
function* interleaved(from: number, to: number): Generator<number> {
  const each = Math.ceil((to - from) / writers);
  for (let step = 0; step < each; step++) {
    for (let number = from + step; number < to; number += each) yield number;
  }
}

/** As a PUT of a small object makes it. */
function versionAt(number: number, classId: number): NewVersion {
  const digest = systemRandom.bytes(32);
  const block = { name: nameOfDigest(digest, hashAlgorithms.blake3), bytes: objectBytes };
  const headers = { contentType: 'application/octet-stream', metadata: {} };
  const content = { classId, blocks: [block] };
  const etag = hex(digest.subarray(0, 16));
  return newVersion(keyAt(number), { headers }, { content, bytes: objectBytes, etag, checksum: undefined });
}

async function trim(kv: Kv): Promise<void> {
  const { revision } = await kv.status();
  if (revision > keptChanges) await kv.trim(revision - keptChanges);
}

class Progress {
  readonly #all: number;
  readonly #tell: (line: string) => void;
  readonly #startedMs = performance.now();
  #done = 0;
  #toldMs = performance.now();

  constructor(all: number, tell: (line: string) => void) {
    this.#all = all;
    this.#tell = tell;
  }

  /** Of those that are done, this one included. */
  count(): number {
    this.#done += 1;
    const nowMs = performance.now();
    if (nowMs > this.#toldMs + tellEveryMs) {
      this.#toldMs = nowMs;
      const perSecond = Math.round(this.#done / ((nowMs - this.#startedMs) / 1000));
      this.#tell(`${this.#done} of ${this.#all} keys, ${perSecond}/s`);
    }
    return this.#done;
  }
}
