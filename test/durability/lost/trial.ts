/**
 * Why: a store that is loaded, harmed, killed and started again, and at the end held to everything that it
 * acknowledged.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '../../support/client.ts';
import { type CopysetProgram, type DevProcess, launchDev, whenReady } from '../../support/dev-process.ts';
import { Load, loadBucket } from '../../support/load/load.ts';

export type TrialOptions = {
  readonly directory: string;
  readonly seed: number;
  /** Acknowledged writes before the harm, and after it. */
  readonly writes: number;
};

const options = ['--block-bytes', '1MiB', '--lost-after', '1s'];
const pollMs = 100;

/** `await using` ends the process. */
export class Trial {
  readonly directory: string;
  readonly load: Load;
  readonly #writes: number;
  #running: { readonly dev: DevProcess; readonly client: S3Client } | undefined;

  private constructor({ directory, seed, writes }: TrialOptions) {
    this.directory = directory;
    this.#writes = writes;
    this.load = new Load({ seed, writers: 6, keysPerWriter: 12, multipartPerMille: 3 });
  }

  /** A new store that serves. */
  static async begin(options: TrialOptions): Promise<Trial> {
    const trial = new Trial(options);
    await trial.start();
    await trial.client.createBucket(loadBucket);
    return trial;
  }

  get dev(): DevProcess {
    return this.#serving().dev;
  }

  get client(): S3Client {
    return this.#serving().client;
  }

  #serving() {
    if (this.#running === undefined) throw new Error('the store is not started');
    return this.#running;
  }

  /** Writes before and while `harm` is done. */
  async underLoad(harm: () => Promise<unknown>): Promise<void> {
    await this.load.runFor(this.client, this.#writes);
    const harmed = new AbortController();
    const loading = this.load.run(this.client, harmed.signal);
    await harm().finally(() => harmed.abort());
    await loading;
  }

  /** Writes on: the store must go on to acknowledge. */
  goOn(): Promise<void> {
    return this.load.runFor(this.client, this.#writes);
  }

  /** Kills it with requests under way. */
  async kill(): Promise<void> {
    const { dev, client } = this.#serving();
    const stop = new AbortController();
    const loading = this.load.run(client, stop.signal);
    await wait(pollMs);
    stop.abort();
    await dev.end('SIGKILL');
    await loading;
    client[Symbol.dispose]();
    this.#running = undefined;
  }

  launch(): CopysetProgram {
    return launchDev(this.directory, options);
  }

  async start(program: CopysetProgram = this.launch()): Promise<void> {
    const dev = await whenReady(program);
    this.#running = { dev, client: new S3Client(dev.ready) };
  }

  /** What is wrong. */
  verify(): Promise<string[]> {
    return this.load.verify(this.client);
  }

  /** Paths of the volumes that carry journals. */
  async carriers(): Promise<string[]> {
    const { catalog, volumes } = await this.dev.status();
    return catalog.journals.map(({ volume }) => volumes.find(({ id }) => id === volume)?.path ?? '');
  }

  async removeDatabase(): Promise<void> {
    await rm(join(this.directory, 'catalog'), { recursive: true });
  }

  /** Until every block has its copies, and every journal is there. */
  async healed(): Promise<void> {
    for (;;) {
      const { underReplicatedBlocks, catalog, jobs } = await this.dev.status();
      const journals = catalog.journals.filter(({ state }) => state === 'ok');
      const idle = jobs.every(({ state }) => state !== 'running');
      if (underReplicatedBlocks === 0 && journals.length === 3 && idle) return;
      await wait(pollMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#running?.client[Symbol.dispose]();
    await this.#running?.dev.end('SIGKILL');
  }
}

/** The longest log file of a journal. */
export async function longestLog(carrier: string): Promise<string> {
  const folder = join(carrier, 'journal');
  const logs = (await readdir(folder)).filter((name) => name.startsWith('log-'));
  const sized = await Promise.all(logs.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
  const [longest] = sized.toSorted((left, right) => right.bytes - left.bytes);
  if (longest === undefined) throw new Error(`${folder} holds no log`);
  return join(folder, longest.name);
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
