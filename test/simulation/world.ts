/**
 * Why: what clients, troubles and checks of one seed share: the machine, the life that runs on it, the model, the
 * counts.
 */
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { SimClock } from '../support/sim-clock.ts';
import { Life } from './life.ts';
import { Machine } from './machine/machine.ts';
import { ObjectModel } from './model/object-model.ts';
import { Killed, Violation } from './model/violation.ts';
import type { Tally } from './tally.ts';

export type WorldOptions = {
  readonly seed: number;
  readonly tally: Tally;
  readonly trace?: ((line: string) => void) | undefined;
};

const startPatienceMs = 30_000;
const startsInTrouble = 3;

export class World {
  readonly machine: Machine;
  readonly model = new ObjectModel();
  readonly tally: Tally;
  /** What clients and troubles do. */
  readonly random: Random;
  /** Outlives the processes. */
  readonly clock: SimClock;
  readonly #cached: boolean;
  readonly #trace: ((line: string) => void) | undefined;
  #life = Promise.withResolvers<Life>();
  #violation: Error | undefined;
  #acknowledgement = Promise.withResolvers<void>();
  operations = 0;
  /** The device whose loss the store must survive now; one at a time. */
  impaired: string | undefined;

  constructor({ seed, tally, trace }: WorldOptions) {
    this.machine = new Machine(seed);
    this.random = seededRandom(seed ^ 0x5eed);
    this.clock = this.machine.time.clock();
    this.tally = tally;
    this.#cached = seed % 2 === 0;
    this.#trace = trace;
  }

  /** The process that runs; while there is none, the next. */
  get life(): Promise<Life> {
    return this.#life.promise;
  }

  /** Counts one operation, by its name. */
  operate(name: string): void {
    this.operations += 1;
    this.tally.operated(name);
    this.note(name);
  }

  note(text: string): void {
    this.#trace?.(`${this.machine.time.nowMs.toFixed(0).padStart(8)} ${text}`);
  }

  /** A background of the world that must not fail. */
  watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#violation ??= error instanceof Error ? error : new Error(String(error));
    });
  }

  rethrow(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** A write was acknowledged just now. */
  acknowledged(): void {
    this.#acknowledgement.resolve();
    this.#acknowledgement = Promise.withResolvers<void>();
  }

  /** The next write is acknowledged: the worst moment for whoever acknowledges too early. */
  nextAcknowledgement(): Promise<void> {
    return this.#acknowledgement.promise;
  }

  /** Ends the process that runs, if one does. What becomes of the machine is the caller's. */
  async kill(how: string): Promise<void> {
    const life = await this.#life.promise;
    this.#life = Promise.withResolvers();
    life.kill(new Killed(how));
  }

  /** Starts the server, again and again until it serves; after some attempts without any faults. */
  async start(): Promise<Life> {
    for (let attempt = 1; ; attempt++) {
      if (attempt > startsInTrouble) this.machine.calm();
      const life = await this.#tryStart(attempt > startsInTrouble);
      if (life === undefined) continue;
      this.#life.resolve(life);
      return life;
    }
  }

  async #tryStart(mustSucceed: boolean): Promise<Life | undefined> {
    const clock = this.machine.time.clock();
    const starting = Life.start({ machine: this.machine, clock, cached: this.#cached, trace: this.#trace });
    starting.catch(() => undefined);
    try {
      return await Promise.race([starting, this.#giveUp()]);
    } catch (error) {
      this.note(`the server does not start: ${String(error)}`);
      if (mustSucceed)
        throw new Violation(`the server does not start while nothing is wrong: ${String(error)}`, { cause: error });
      clock.stop();
      this.machine.crash();
      this.tally.happened('start', 'failed');
      return undefined;
    }
  }

  async #giveUp(): Promise<never> {
    await this.clock.sleep(startPatienceMs);
    throw new Error(`the server did not start within ${startPatienceMs} ms`);
  }
}
