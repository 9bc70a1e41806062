/**
 * Why: servers inherit the network and the core of the process that starts them. main.ts builds and downloads, which
 * this process, alone in its network, could not; this one starts, measures and prints. Its job is its argument, in
 * JSON.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProgram } from '../load/program.ts';
import { loadText } from '../machine.ts';
import type { RunningTarget } from '../targets/target.ts';
import { type CellOptions, type PeerSample, preload, runCells, type Standing } from './cells.ts';
import { type Contender, contenders } from './contenders.ts';
import { cacheFolder } from './packages.ts';
import { pinnedTo } from './private-network.ts';
import { peerRows, peerTable } from './report.ts';
import { type PeerWorkload, peerWorkloads } from './workloads.ts';

export type MeasureJob = {
  /** Of contenders that are ready to be started. */
  readonly names: readonly string[];
  /** Why others are not here, a line each. */
  readonly missing: readonly string[];
  readonly machine: string;
  readonly quick: boolean;
  readonly json: boolean;
  readonly repeats: number;
  readonly cellMs: number;
  readonly dir: string;
};

const loadCore = 1;
const memoryFolder = '/dev/shm';

/** The servers as they stand: what was started is ended, however it goes. */
class Bench {
  readonly #folder: string;
  readonly #standing: Standing[] = [];
  readonly #missing: string[];

  constructor(folder: string, missing: readonly string[]) {
    this.#folder = folder;
    this.#missing = [...missing];
  }

  async run(job: MeasureJob, options: CellOptions): Promise<void> {
    const loadBefore = loadText();
    const workloads = peerWorkloads(job.quick);
    for (const contender of contenders.filter(({ name }) => job.names.includes(name))) {
      options.signal.throwIfAborted();
      await this.#start(contender, workloads, options);
    }
    for (const line of this.#missing) options.tell(line);
    const samples = await runCells(this.#standing, workloads, options);
    console.log(this.#report(job, samples, { options, loadBefore }));
  }

  /** A peer that fails is left out and named; a failure of ours ends the bench. */
  async #start(contender: Contender, workloads: readonly PeerWorkload[], options: CellOptions): Promise<void> {
    const { name, role } = contender;
    const folder = join(this.#folder, name);
    await mkdir(folder);
    const prepared = await contender.prepare(false);
    if ('missing' in prepared) throw new Error(`${name} was ready and is not any more: ${prepared.missing}`);
    try {
      const running = served(await prepared.target.start(folder));
      const standing: Standing = { role, target: prepared.target, running, unable: new Map() };
      this.#standing.push(standing);
      await preload(standing, workloads, options);
    } catch (error) {
      if (role === 'ours' || options.signal.aborted) throw error;
      this.#missing.push(`without ${name}: ${(error as Error).message}`);
      await this.#endAll((standing) => standing.target === prepared.target);
    }
  }

  #report(
    { json, machine, quick }: MeasureJob,
    samples: readonly PeerSample[],
    { options, loadBefore }: { readonly options: CellOptions; readonly loadBefore: string },
  ): string {
    const servers = this.#standing.map(({ target }) => target.name);
    const rows = peerRows(samples, servers);
    const durable = this.#standing.map(({ target }) => `${target.name}: ${target.durable}`);
    const [congestion = ''] = new Set(samples.map(({ outcome }) => outcome.congestion));
    const about = [
      `repeats: ${options.repeats}, of ${options.cellMs / 1000} s each${quick ? ' (quick)' : ''}; ${machine}`,
      `TCP congestion control: ${congestion === '' ? 'not known' : congestion}`,
      options.under.length > 0 ? 'servers on core 0, load on core 1' : 'not pinned to cores',
      options.program.isNative ? 'load in C' : 'load in Node (no C compiler), which may be slower than a server',
      `load average before ${loadBefore}, after ${loadText()}`,
    ];
    const missing = [...this.#missing, ...this.#standing.flatMap(whatItLacks)];
    if (json) return JSON.stringify({ about, durable, missing, rows });
    const notes = ['durable when it acknowledges (seen by strace):', ...durable, '', ...missing];
    return [peerTable(rows), '', ...about, '', ...notes].join('\n');
  }

  async end(): Promise<void> {
    await this.#endAll(() => true);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #endAll(isMeant: (standing: Standing) => boolean): Promise<void> {
    for (const standing of this.#standing.filter(isMeant)) {
      this.#standing.splice(this.#standing.indexOf(standing), 1);
      await standing.running.stop();
    }
  }
}

function whatItLacks({ target, unable }: Standing): readonly string[] {
  return [...unable].map(([workload, why]) => `${target.name} without ${workload}: ${why}`);
}

function served(running: RunningTarget | { readonly missing: string }): Standing['running'] {
  if ('missing' in running) throw new Error(running.missing);
  const { endpoint, pid } = running;
  if (endpoint.kind !== 'http' || pid === undefined) throw new Error('it serves no HTTP');
  return { ...running, endpoint, pid };
}

async function main(job: MeasureJob): Promise<void> {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  const bench = new Bench(await mkdtemp(join(job.dir, 'copyset-bench-')), job.missing);
  const planFolder = await mkdtemp(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'copyset-bench-'));
  try {
    await bench.run(job, {
      ...{ program: loadProgram(cacheFolder()), under: pinnedTo(loadCore), planFolder },
      ...{ cellMs: job.cellMs, repeats: job.repeats, signal: ending.signal },
      tell: (line) => console.error(line),
    });
  } catch (error) {
    const reason = ending.signal.aborted ? ending.signal.reason : error;
    console.error(`bench: ${(reason as Error).message}`);
    process.exitCode = 1;
  } finally {
    await bench.end();
    await rm(planFolder, { recursive: true, force: true });
  }
}

await main(JSON.parse(process.argv[2] ?? '') as MeasureJob);
