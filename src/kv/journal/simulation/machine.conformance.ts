/** Why: tests of one failure at a time need a store on simulated disks that they can reach, and time that they move. */
import { present } from '../../../base/assert.ts';
import { utf8 } from '../../../base/bytes.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { seededRandom } from '../../../base/random.ts';
import type { CommitResult, Kv } from '../../kv.ts';
import { MemoryKv } from '../../memory/memory-kv.ts';
import { MemoryKvFile } from '../../memory/memory-kv-file.ts';
import { type JournaledKv, openJournaledKv } from '../journaled-kv.ts';
import type { JournaledKvOptions, JournalLimits } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { SimulatedDisk } from './simulated-disk.conformance.ts';
import { VirtualTime } from './virtual-clock.conformance.ts';

const patienceMs = 3_600_000;

export class Machine {
  readonly random = seededRandom(1);
  readonly time = new VirtualTime();
  readonly storeId = newId<StoreId>(this.random);
  readonly disks: readonly SimulatedDisk[];
  readonly ids: readonly VolumeId[];
  readonly #limits: Partial<JournalLimits>;
  #process = this.time.clock();
  file = new MemoryKvFile('first');

  constructor(disks: number, limits: Partial<JournalLimits> = {}) {
    this.disks = Array.from(
      { length: disks },
      (_, at) => new SimulatedDisk(`/disk${at}`, { seed: at, rates: {}, lies: {} }),
    );
    this.ids = this.disks.map(() => newId<VolumeId>(this.random));
    this.#limits = { reserveBytes: 0, ...limits };
  }

  get clock() {
    return this.#process.clock;
  }

  disk(at: number): SimulatedDisk {
    return present(this.disks[at], `disk ${at}`);
  }

  place(at: number): JournalPlace {
    return { id: present(this.ids[at], `disk ${at}`), disk: this.disk(at).mount(this.clock), domain: `domain ${at}` };
  }

  /** Of the first `places` disks; of all when left out. */
  places(places = this.disks.length): JournalPlace[] {
    return this.disks.slice(0, places).map((_, at) => this.place(at));
  }

  open(options: Partial<JournaledKvOptions> = {}): Promise<JournaledKv> {
    const { random, clock, storeId } = this;
    const inner = options.inner ?? new MemoryKv({ random, file: this.file });
    const given = { journals: this.places(), storeId, clock, random, ...options, inner };
    return this.until(openJournaledKv({ ...given, limits: { ...this.#limits, ...options.limits } }));
  }

  /** The processes on this machine are killed. */
  crash(): void {
    this.#stop();
    for (const disk of this.disks) disk.crash();
  }

  /** As `crash`, and of what was not synced nobody knows what is left. */
  cutPower(seed: number): void {
    this.#stop();
    for (const disk of this.disks) disk.powerCut(seededRandom(seed));
    this.file.rollbackTo(0);
  }

  #stop(): void {
    this.#process.stop();
    this.#process = this.time.clock();
    this.file = this.file.clone();
  }

  loseCatalog(): void {
    this.file = new MemoryKvFile('another');
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.time.until(promise, patienceMs);
  }

  /** Waits until it is so. */
  async untilTrue(condition: () => boolean): Promise<void> {
    for (let steps = 0; !condition(); steps++) {
      if (steps > 10_000) throw new Error('it never became true');
      await this.time.step();
    }
  }

  async put(kv: Kv, key: string, value = 'value'): Promise<CommitResult> {
    return this.until(kv.commit({ put: [{ key: utf8(key), value: utf8(value) }] }));
  }
}

/** The keys that are there, as text. */
export async function keysOf(kv: Kv): Promise<string[]> {
  const { entries } = await kv.range({ from: utf8(''), limit: 10_000 });
  return entries.map(({ key }) => Buffer.from(key).toString());
}

export function statesOf(kv: JournaledKv): string[] {
  return kv.journalStatus().places.map(({ state }) => state);
}
