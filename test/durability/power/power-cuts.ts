/**
 * Why: an acknowledged write must survive the loss of power. It is cut under load, and while the program starts, over
 * and over; the process dies with it, and what was not flushed is lost. The short form does 1 cut of 50 at each place.
 *
 * A missing sync of a directory shows in traces (order/), not here: with what is synced in a file, ext4 makes the names
 * durable that were given before.
 */
import { mkdir, mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { S3Client } from '../../support/client.ts';
import { type CopysetProgram, type DevProcess, launchDev, whenReady } from '../../support/dev-process.ts';
import { Load, loadBucket } from '../../support/load/load.ts';
import { type Place, type PlaceName, places } from './places.ts';
import { PowerDevice } from './power-device.ts';

export type PowerOptions = {
  readonly place: PlaceName;
  readonly cuts: number;
  readonly seed: number;
  /** Of the program; the project's own when left out. */
  readonly root?: string;
};

export type PowerReport = {
  readonly cuts: number;
  readonly acknowledged: number;
  readonly unanswered: number;
  readonly verified: number;
  readonly wrong: readonly string[];
};

const cutsPerStore = 5;
const deviceBytes = 512 * 2 ** 20;
const leak = 0.5;
const longestStartMs = 800;
const longestLoadMs = 400;
const writesBeforeCut = 20;
const readyWithinMs = 10_000;

/** Stores one after the other, every second one on a device that writes some of its cache early. */
export async function runPowerCuts(options: PowerOptions): Promise<PowerReport> {
  let total: PowerReport = { cuts: 0, acknowledged: 0, unanswered: 0, verified: 0, wrong: [] };
  while (total.cuts < options.cuts) {
    const cuts = Math.min(cutsPerStore, options.cuts - total.cuts);
    const one = await runStore({ ...options, cuts, seed: options.seed + total.cuts });
    total = {
      cuts: total.cuts + cuts,
      acknowledged: total.acknowledged + one.acknowledged,
      unanswered: total.unanswered + one.unanswered,
      verified: total.verified + one.verified,
      wrong: [...total.wrong, ...one.wrong],
    };
  }
  return total;
}

async function runStore(options: PowerOptions): Promise<PowerReport> {
  const directory = await mkdtemp(join(tmpdir(), 'copyset-power-'));
  try {
    await using machine = new Machine(directory, options);
    const wrong = await machine.run();
    return { cuts: options.cuts, ...machine.load.report, wrong };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A store with a place that loses power, and its load. */
class Machine {
  readonly load: Load;
  readonly #options: PowerOptions;
  readonly #place: Place;
  readonly #random: Random;
  readonly #folder: string;
  readonly #store: string;
  #device: PowerDevice | undefined;
  #dev: DevProcess | undefined;

  constructor(directory: string, options: PowerOptions) {
    this.#options = options;
    this.#place = places[options.place];
    this.#random = seededRandom(options.seed);
    this.#folder = join(directory, 'device');
    this.#store = join(directory, 'machine', 'store');
    this.load = new Load({ seed: options.seed, writers: 6, keysPerWriter: 10, multipartPerMille: 0 });
  }

  /** What is wrong; ends with the first cut after which anything is. */
  async run(): Promise<string[]> {
    const { cuts, place, seed } = this.#options;
    await this.#place.begin(this.#store, (path) => this.#mount(path));
    this.#device?.flush();
    await this.#cutWhileStarting();
    for (let cut = 0; cut <= cuts; cut++) {
      const program = this.#launch();
      this.#dev = await readySoon(program);
      const wrong = this.#dev === undefined ? [`not ready: ${program.err}`] : await this.#verify(cut === 0);
      if (wrong.length > 0) return wrong.map((text) => `${place}, seed ${seed}, after ${cut} cuts: ${text}`);
      if (cut < cuts) await this.#cutUnderLoad();
    }
    return [];
  }

  async #verify(isNew: boolean): Promise<string[]> {
    using client = this.#client();
    if (isNew) await client.createBucket(loadBucket);
    return await this.load.verify(client);
  }

  async #cutUnderLoad(): Promise<void> {
    using client = this.#client();
    await this.load.runFor(client, writesBeforeCut);
    const stop = new AbortController();
    const running = this.load.run(client, stop.signal);
    await wait(this.#random.integer(longestLoadMs));
    stop.abort();
    const ended = this.#dev?.end('SIGKILL');
    this.#device?.cutPower();
    await Promise.all([ended, running]);
    await this.#restore();
  }

  async #cutWhileStarting(): Promise<void> {
    const program = this.#launch();
    await wait(this.#random.integer(longestStartMs));
    program.signal('SIGKILL');
    this.#device?.cutPower();
    await program.ended;
    await this.#restore();
  }

  async #restore(): Promise<void> {
    await this.#device?.restorePower();
    for (const name of this.#place.alsoLost) await rm(join(this.#store, name), { recursive: true, force: true });
  }

  async #mount(mountPoint: string): Promise<void> {
    await mkdir(mountPoint, { recursive: true });
    const { seed } = this.#options;
    const options = { folder: this.#folder, mountPoint, bytes: deviceBytes, seed, leak: seed % 2 === 0 ? leak : 0 };
    this.#device = await PowerDevice.make(options);
    await rmdir(join(mountPoint, 'lost+found'));
  }

  #launch(): CopysetProgram {
    const { root } = this.#options;
    const options = [...this.#place.options, '--block-bytes', '1MiB'];
    return launchDev(this.#store, options, root === undefined ? {} : { root });
  }

  #client(): S3Client {
    if (this.#dev === undefined) throw new Error('the store is not started');
    return new S3Client(this.#dev.ready);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dev?.end('SIGKILL');
    await this.#device?.remove();
  }
}

/** Undefined when it is not ready in time; then it is ended. */
async function readySoon(program: CopysetProgram): Promise<DevProcess | undefined> {
  const inTime = await Promise.race([whenReady(program).catch(() => undefined), wait(readyWithinMs)]);
  if (inTime !== undefined) return inTime;
  program.signal('SIGKILL');
  await program.ended;
  return undefined;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
