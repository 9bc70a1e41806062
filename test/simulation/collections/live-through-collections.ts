/**
 * Why: the collector must leave every block that somebody relies on, whatever it meets between its look at the
 * references and its purge. One seed is one history of users who put the same few contents again and again, of a
 * catalog that is slow at the worst moment, and of a collector that never rests; nothing else is wrong, so that nothing
 * excuses a read that fails. One seed again: `node test/simulation/collections/live-through-collections.ts SEED`.
 */
import { FaultSchedule } from '../../../src/base/fault-schedule.ts';
import { pick, type Random, seededRandom } from '../../../src/base/random.ts';
import { withKvFaults } from '../../../src/kv/faults/faulty-kv.ts';
import { MemoryKv } from '../../../src/kv/memory/memory-kv.ts';
import { type CollectionReport, collectGarbage } from '../../../src/object/collect/collector.ts';
import { bodyOf, readAll } from '../../support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../support/memory-site.ts';
import { SimTime } from '../../support/sim-clock.ts';
import { noHeaders } from '../../support/site-blocks.ts';
import { Violation } from '../model/violation.ts';

const requestDeadlineMs = 4_000;
const graceMs = 2 * requestDeadlineMs;
const users = 5;
const operationsOfUser = 400;
const contents = 3;
const mostMs = 100 * 60 * 60 * 1000;
const bucket = 'models';

export type CollectionCounts = CollectionReport & { put: number; deleted: number; read: number };

/** Rejects with the first object that was acknowledged and is not found; resolves with what happened. */
export async function liveThroughCollections(seed: number): Promise<CollectionCounts> {
  const time = new SimTime();
  const clock = time.clock();
  const rates = { 'commit:delay': 0.3, 'get:delay': 0.2, 'range:delay': 0.2, 'changes:delay': 0.3 };
  const schedule = new FaultSchedule({ seed, rates, maxDelayMs: 800 });
  const kv = withKvFaults(new MemoryKv({ random: seededRandom(seed) }), { schedule, clock });
  const history = async () => {
    const site = await startMemorySite({ volumes: 3, seed, kv, clock, graceMs, limits: { requestDeadlineMs } });
    await site.store.createBucket(bucket);
    return live(site, seed);
  };
  return time.run(history(), mostMs, `seed ${seed}`);
}

async function live(site: MemorySite, seed: number): Promise<CollectionCounts> {
  const counts = { trashed: 0, purged: 0, rescued: 0, put: 0, deleted: 0, read: 0 };
  const lives = Array.from({ length: users }, (_, user) => new User(site, counts, { seed, user }).live());
  let ended = false;
  const collecting = collect(site, counts, () => ended);
  await Promise.all(lives);
  ended = true;
  await collecting;
  return counts;
}

async function collect(site: MemorySite, counts: CollectionCounts, hasEnded: () => boolean): Promise<void> {
  while (!hasEnded()) {
    const report = await collectGarbage({ ...site.repair, blocks: site.context.blocks, maxMarks: 1000 });
    for (const what of ['trashed', 'purged', 'rescued'] as const) Object.assign(counts, sum(counts, report, what));
    await site.context.clock.sleep(graceMs / 8);
  }
}

function sum(counts: CollectionCounts, report: CollectionReport, what: keyof CollectionReport) {
  return { [what]: counts[what] + report[what] };
}

/** One who has one key of its own, and knows what lies there. */
class User {
  readonly #site: MemorySite;
  readonly #counts: CollectionCounts;
  readonly #random: Random;
  readonly #key: string;
  #content: number | undefined;

  constructor(site: MemorySite, counts: CollectionCounts, { seed, user }: { seed: number; user: number }) {
    this.#site = site;
    this.#counts = counts;
    this.#random = seededRandom(seed * users + user);
    this.#key = `key ${user}`;
  }

  /** Long without an object, so that its block is garbage; short with it, so that the purge of it is still to come. */
  async live(): Promise<void> {
    for (let operation = 0; operation < operationsOfUser; operation++) {
      if (this.#content === undefined) await this.#put();
      else await pick(this.#random, [() => this.#put(), () => this.#delete(), () => this.#read()])();
      const restMs = this.#content === undefined ? 4 * graceMs : pick(this.#random, [graceMs / 20, 2 * graceMs]);
      await this.#site.context.clock.sleep(this.#random.float() * restMs);
    }
    if (this.#content !== undefined) await this.#read();
  }

  async #put(): Promise<void> {
    this.#content = this.#random.integer(contents);
    const body = bodyOf(bytesOf(this.#content));
    await this.#site.store.put(bucket, this.#key, { body, headers: noHeaders });
    this.#counts.put += 1;
  }

  async #delete(): Promise<void> {
    await this.#site.store.delete(bucket, this.#key);
    this.#content = undefined;
    this.#counts.deleted += 1;
  }

  async #read(): Promise<void> {
    const found = await this.#site.store
      .get(bucket, this.#key)
      .then(readAll)
      .catch((error: unknown) => error);
    this.#counts.read += 1;
    if (found instanceof Uint8Array && Buffer.from(bytesOf(this.#content as number)).equals(found)) return;
    throw new Violation(`${this.#key} was acknowledged, all volumes answer, and it reads as ${String(found)}`);
  }
}

function bytesOf(content: number): Uint8Array {
  return seededRandom(content).bytes(1000);
}

if (import.meta.main) await liveThroughCollections(Number(process.argv[2] ?? 1));
