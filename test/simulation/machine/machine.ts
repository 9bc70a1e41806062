/**
 * Why: all that outlives a process: the volumes, the file of the database, the time. A process that dies leaves them as
 * a kill or a power cut would; the next one finds them so.
 */
import { FaultSchedule } from '../../../src/base/fault-schedule.ts';
import { newId, type StoreId } from '../../../src/base/ids.ts';
import { pick, type Random, seededRandom } from '../../../src/base/random.ts';
import { MemoryKvFile } from '../../../src/kv/memory/memory-kv-file.ts';
import { SimTime } from '../../support/sim-clock.ts';
import { catalogRates, databaseRates } from './rates.ts';
import type { SimDisk } from './sim-disk.ts';
import { makeSlot, type Slot } from './slot.ts';

/** Two slots of one device, so that failure domains matter. */
const firstDevices: readonly string[] = ['d1', 'd2', 'd3', 'd4', 'd5', 'd5'];

export class Machine {
  readonly time = new SimTime();
  /** Of everything but the workload. */
  readonly random: Random;
  readonly storeId: StoreId;
  readonly slots: Slot[] = [];
  readonly catalogTroubles: FaultSchedule;
  readonly databaseTroubles: FaultSchedule;
  database: MemoryKvFile;
  /** A store was made here once; from then on an empty catalog is a lost one. */
  isInitialised = false;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.storeId = newId<StoreId>(this.random);
    this.database = new MemoryKvFile(newId(this.random));
    this.catalogTroubles = new FaultSchedule({ seed: seed * 2, rates: catalogRates, maxDelayMs: 200 });
    this.databaseTroubles = new FaultSchedule({ seed: seed * 2 + 1, rates: databaseRates, maxDelayMs: 200 });
    this.calm();
  }

  async makeFirstSlots(): Promise<void> {
    for (const device of firstDevices) await this.addSlot(device);
  }

  async addSlot(device: string): Promise<Slot> {
    const slot = await makeSlot({
      number: this.slots.length + 1,
      device,
      storeId: this.storeId,
      clock: this.time.clock(),
      random: this.random,
    });
    this.slots.push(slot);
    return slot;
  }

  /** The processes that ran are gone; what they wrote stays. */
  crash(): void {
    for (const disk of this.#disks()) disk.crash();
  }

  /** What was not synced may be lost, torn or kept, of the database too. */
  cutPower(): void {
    for (const disk of this.#disks()) disk.cutPower(this.random);
    this.database.rollbackTo(pick(this.random, this.database.survivingRevisions));
  }

  loseDatabase(): void {
    this.database = new MemoryKvFile(newId(this.random));
  }

  /** No faults from now on, and whatever hangs goes on. */
  calm(): void {
    for (const { schedule } of this.troubles()) schedule.pause();
    this.release();
  }

  /** Passing faults strike again; damage only on the device that is given. */
  trouble(device?: string): void {
    this.catalogTroubles.resume();
    this.databaseTroubles.resume();
    for (const { device: own, blocks, journal } of this.slots) {
      blocks.troubles.passing.resume();
      journal.troubles.passing.resume();
      if (own !== device) continue;
      blocks.troubles.damaging.resume();
      journal.troubles.damaging.resume();
    }
  }

  /** Whatever hangs goes on. */
  release(): void {
    for (const { schedule } of this.troubles()) schedule.release();
  }

  /** Where faults strike, and by which schedule. */
  troubles(): { readonly where: string; readonly schedule: FaultSchedule }[] {
    const ofDisk = (where: string, { troubles }: SimDisk) =>
      [troubles.passing, troubles.damaging].map((schedule) => ({ where, schedule }));
    return [
      { where: 'catalog', schedule: this.catalogTroubles },
      { where: 'database', schedule: this.databaseTroubles },
      ...this.slots.flatMap(({ blocks, journal }) => [...ofDisk('volume', blocks), ...ofDisk('journal', journal)]),
    ];
  }

  #disks() {
    return this.slots.flatMap(({ blocks, journal }) => [blocks, journal]);
  }
}
