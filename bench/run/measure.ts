/**
 * Why: servers inherit the network and the core of the process that starts them. measured.ts starts this one, alone in
 * its network, which downloads nothing and builds nothing but the load: it starts who takes part, measures, and prints
 * what it measured. Its job is its argument, in JSON.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, contenders } from '../contenders.ts';
import { loadProgram } from '../load/program.ts';
import { loadText } from '../machine.ts';
import { cacheFolder } from '../peers/packages.ts';
import { type CellOptions, runRepeat, type Sample } from './cells.ts';
import { preload } from './preload.ts';
import { loadCore, pinnedTo } from './private-network.ts';
import { isServer, type Standing } from './standing.ts';
import { measureStreams, type StreamPeak, type Streams } from './streams.ts';
import type { Asked } from './workload.ts';

export type MeasureJob = {
  /** Of contenders that are ready to be started. */
  readonly names: readonly string[];
  readonly asked: readonly Asked[];
  /** Peaks of memory are taken too. */
  readonly streams?: Streams | undefined;
  readonly repeats: number;
  readonly cellMs: number;
  /** Every repeat begins with new stores, so that what is written does not pile up. */
  readonly fresh: boolean;
  readonly dir: string;
};

export type Measured = {
  readonly samples: readonly Sample[];
  readonly peaks: readonly StreamPeak[];
  /** Who ran, in order: name and durability. */
  readonly ran: readonly { readonly contender: string; readonly server: string; readonly durable: string }[];
  /** By the name of the contender: why it did not run, or what it could not do. */
  readonly missing: Readonly<Record<string, string>>;
  readonly loadBefore: string;
  readonly loadAfter: string;
  readonly isLoadNative: boolean;
  readonly isPinned: boolean;
};

const memoryFolder = '/dev/shm';

/** Who runs: what was started is ended, however it goes. */
class Bench {
  readonly #folder: string;
  readonly #job: MeasureJob;
  readonly #options: CellOptions;
  readonly #standing: Standing[] = [];
  readonly #missing: Record<string, string> = {};
  #ran: Measured['ran'] = [];

  constructor(folder: string, job: MeasureJob, options: CellOptions) {
    this.#folder = folder;
    this.#job = job;
    this.#options = options;
  }

  async run(): Promise<Measured> {
    const loadBefore = loadText();
    const { repeats, asked, fresh, streams } = this.#job;
    const [samples, peaks]: [Sample[], StreamPeak[]] = [[], []];
    for (let repeat = 1; repeat <= repeats; repeat++) {
      if (repeat === 1 || fresh) await this.#startAll();
      samples.push(...(await runRepeat(this.#standing, asked, { ...this.#options, repeat })));
      if (fresh) await this.end();
      if (streams !== undefined) peaks.push(...(await this.#peaks(streams, repeat)));
    }
    await this.end();
    const { program, under } = this.#options;
    return {
      ...{ samples, peaks, ran: this.#ran, missing: this.#missing, loadBefore, loadAfter: loadText() },
      ...{ isLoadNative: program.isNative, isPinned: under.length > 0 },
    };
  }

  /** None where they cannot be taken: then it is kept why. */
  async #peaks(streams: Streams, repeat: number): Promise<readonly StreamPeak[]> {
    const options = { ...this.#options, folder: this.#folder, repeat };
    try {
      if (!options.program.isNative) throw new Error('so many streams need the load in C');
      return await measureStreams(streams, options);
    } catch (error) {
      options.signal.throwIfAborted();
      this.#missing.streams = (error as Error).message;
      return [];
    }
  }

  async #startAll(): Promise<void> {
    const { names } = this.#job;
    for (const contender of contenders.filter(({ name }) => names.includes(name))) {
      this.#options.signal.throwIfAborted();
      if (this.#missing[contender.name] === undefined) await this.#start(contender);
    }
    this.#ran = this.#standing.map(({ name, target }) => {
      return { contender: name, server: target.name, durable: target.durable };
    });
  }

  /** Who fails is left out and named; a failure of ours ends the bench. */
  async #start({ name, role, prepare }: Contender): Promise<void> {
    const folder = join(this.#folder, name);
    await mkdir(folder);
    const prepared = await prepare(false);
    if ('missing' in prepared) throw new Error(`${name} was ready and is not any more: ${prepared.missing}`);
    try {
      const running = await prepared.target.start(folder, this.#job.cellMs);
      if ('missing' in running) throw new Error(running.missing);
      const standing: Standing = { name, role, target: prepared.target, running, folder, unable: new Map() };
      this.#standing.push(standing);
      const workloads = this.#job.asked.filter(({ of }) => of.includes(name)).map(({ workload }) => workload);
      if (isServer(standing)) await preload(standing, workloads, this.#options);
    } catch (error) {
      if (role === 'ours' || this.#options.signal.aborted) throw error;
      this.#missing[name] = (error as Error).message;
      await this.#endAll((standing) => standing.name === name);
    }
  }

  async end(): Promise<void> {
    await this.#endAll(() => true);
  }

  async #endAll(isMeant: (standing: Standing) => boolean): Promise<void> {
    for (const standing of this.#standing.filter(isMeant)) {
      this.#standing.splice(this.#standing.indexOf(standing), 1);
      for (const [workload, why] of standing.unable) this.#missing[`${standing.name}, ${workload}`] = why;
      await standing.running.stop();
      await rm(standing.folder, { recursive: true, force: true });
    }
  }
}

async function main(job: MeasureJob): Promise<void> {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  const folder = await mkdtemp(join(job.dir, 'copyset-bench-'));
  const planFolder = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'copyset-bench-'));
  const bench = new Bench(folder, job, {
    ...{ program: loadProgram(cacheFolder()), under: pinnedTo([loadCore]), planFolder, cellMs: job.cellMs },
    ...{ signal: ending.signal, tell: (line) => console.error(line) },
  });
  try {
    console.log(JSON.stringify(await bench.run()));
  } catch (error) {
    const reason = ending.signal.aborted ? ending.signal.reason : error;
    console.error(`bench: ${(reason as Error).message}`);
    process.exitCode = 1;
  } finally {
    await bench.end();
    await rm(folder, { recursive: true, force: true });
    await rm(planFolder, { recursive: true, force: true });
  }
}

await main(JSON.parse(process.argv[2] ?? '') as MeasureJob);
