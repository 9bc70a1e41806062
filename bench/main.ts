/**
 * Why: how Copyset stands beside a limit (nginx, the disk below) and beside an S3 server from npm, in the same run:
 * `npm run bench -- [--quick] [--json] [--rounds N] [--dir PATH]`. Nothing is held against a limit here.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkPlace, optionsOrExit, wholeNumber } from './command-line.ts';
import { loadText, machine } from './machine.ts';
import { rowsOf, tableOf } from './report.ts';
import { type Contender, runRounds } from './rounds.ts';
import { copyset } from './targets/copyset.ts';
import { nginx } from './targets/nginx.ts';
import { rawDisk } from './targets/raw-disk.ts';
import { s3rver } from './targets/s3rver.ts';
import type { Target } from './targets/target.ts';
import { workloads } from './workloads.ts';

type Options = { readonly quick: boolean; readonly json: boolean; readonly rounds: number; readonly dir: string };

const defaultRounds = 5;

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const rounds = wholeNumber('--rounds', Number(values.rounds ?? (values.quick ? 1 : defaultRounds)));
  checkPlace(values.dir);
  return { ...values, rounds };
}

/** The bench as it runs: what it started is ended with it, however it ends. */
class Bench {
  readonly #folder: string;
  readonly #contenders: Contender[] = [];
  readonly #missing: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run({ quick, json, rounds }: Options, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const loadBefore = loadText();
    await this.#startAll([copyset(1), copyset(3), nginx, s3rver, rawDisk]);
    const tell = (line: string) => console.error(line);
    for (const line of this.#missing) tell(line);
    const rows = rowsOf(await runRounds(this.#contenders, workloads(quick), { rounds, tell, signal }));
    const report = { machine: machine(), loadBefore, loadAfter: loadText(), rounds, missing: this.#missing, rows };
    const foot = `${rounds} rounds; ${report.machine}; load before ${loadBefore}, after ${report.loadAfter}`;
    console.log(json ? JSON.stringify(report) : [tableOf(rows), '', foot].join('\n'));
  }

  async #startAll(targets: readonly Target[]): Promise<void> {
    for (const [at, target] of targets.entries()) {
      const own = join(this.#folder, String(at));
      await mkdir(own);
      const running = await target.start(own);
      if ('missing' in running) this.#missing.push(`without ${target.name}: ${running.missing}`);
      else this.#contenders.push({ target, running });
    }
  }

  async end(): Promise<void> {
    for (const { running } of this.#contenders.splice(0)) await running.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function main(options: Options): Promise<void> {
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  }
  const bench = new Bench(await mkdtemp(join(options.dir, 'copyset-bench-')));
  try {
    await bench.run(options, { signal: ending.signal });
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    await bench.end();
  }
}

await main(optionsOrExit(readOptions));
