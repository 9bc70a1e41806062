/**
 * Why: while blocks are on the move between copysets, a read must find each of them at once: also one that was put
 * after the layout changed and lies only where the new layout wants it. One seed is one history of puts, reads, moves
 * and drains over volumes that all answer, so that nothing excuses a read that fails. One seed again:
 * `node test/simulation/moves/live-through-moves.ts SEED`.
 */
import type { VolumeId } from '../../../src/base/ids.ts';
import { pick, type Random, seededRandom } from '../../../src/base/random.ts';
import { replicaClasses, setVolumeState } from '../../../src/replica/change-volumes.ts';
import { movePartitions } from '../../../src/replica/move-partitions.ts';
import { bodyOf, readAll } from '../../support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../support/memory-site.ts';
import { noHeaders } from '../../support/site-blocks.ts';
import { Violation } from '../model/violation.ts';

const steps = 120;
const volumes = 6;
const bucketsByCopies = [1, 2, 3] as const;

/** Rejects with the first object that was acknowledged and is not found at once; resolves with what happened. */
export async function liveThroughMoves(seed: number): Promise<Record<string, number>> {
  const history = new MovingHistory(await startMemorySite({ volumes, seed }), seededRandom(seed));
  await history.begin();
  for (let step = 0; step < steps; step++) await history.step();
  await history.end();
  return history.counts;
}

type Put = { readonly bucket: string; readonly key: string; readonly bytes: Uint8Array };

class MovingHistory {
  readonly counts: Record<string, number> = { put: 0, 'put on the move': 0, read: 0, draining: 0, moved: 0 };
  readonly #site: MemorySite;
  readonly #random: Random;
  readonly #puts: Put[] = [];
  #drained: VolumeId | undefined;

  constructor(site: MemorySite, random: Random) {
    this.#site = site;
    this.#random = random;
  }

  async begin(): Promise<void> {
    for (const copies of bucketsByCopies)
      await this.#site.store.createBucket(nameOf(copies), { set: { copies, writeQuorum: copies } });
  }

  async step(): Promise<void> {
    const dice = this.#random.integer(12);
    if (dice < 5) await this.#put();
    else if (dice < 10) await this.#readOne();
    else if (dice === 10) await this.#swap();
    else await this.#move();
  }

  /** Everything is read while it may be on the move, and when it has arrived. */
  async end(): Promise<void> {
    for (const put of this.#puts) await this.#read(put);
    await this.#move();
    for (const put of this.#puts) await this.#read(put);
  }

  async #put(): Promise<void> {
    const bucket = nameOf(pick(this.#random, bucketsByCopies));
    const put = { bucket, key: `key ${this.#puts.length}`, bytes: this.#random.bytes(100) };
    await this.#site.store.put(bucket, put.key, { body: bodyOf(put.bytes), headers: noHeaders });
    this.#count('put');
    if (this.#isMoving) this.#count('put on the move');
    this.#puts.push(put);
    await this.#read(put);
  }

  async #readOne(): Promise<void> {
    if (this.#puts.length > 0) await this.#read(pick(this.#random, this.#puts));
  }

  async #read({ bucket, key, bytes }: Put): Promise<void> {
    const found = await this.#site.store
      .get(bucket, key)
      .then(readAll)
      .catch((error: unknown) => error);
    this.#count('read');
    if (found instanceof Uint8Array && Buffer.from(bytes).equals(found)) return;
    throw new Violation(`${bucket}/${key} was acknowledged, all volumes answer, and it reads as ${String(found)}`);
  }

  /** One volume is drained, or a drained one is used again, so that copysets change both ways. */
  async #swap(): Promise<void> {
    const drained = this.#drained;
    const id = drained ?? pick(this.#random, this.#site.members.all()).entry.id;
    const state = drained === undefined ? 'draining' : 'active';
    this.#drained = drained === undefined ? id : undefined;
    await setVolumeState(this.#site.kv, id, { state, reason: 'asked for' });
    for (const classId of replicaClasses) await this.#site.repair.layouts.refresh(classId);
    this.#count(state);
  }

  async #move(): Promise<void> {
    // Reads go on between the units of the pass, where partitions have arrived in part.
    await movePartitions(this.#site.repair, () => this.#readOne());
    this.#count('moved');
  }

  get #isMoving(): boolean {
    return bucketsByCopies.some((classId) => (this.#site.repair.layouts.known(classId)?.moving.size ?? 0) > 0);
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

function nameOf(copies: number): string {
  return `copies-${copies}`;
}

if (import.meta.main) await liveThroughMoves(Number(process.argv[2] ?? 1));
