/**
 * Why: a process may end at any instruction. It is killed while it writes and sometimes while it starts, over and over
 * on one store, and each time everything that it acknowledged must be there, whole, and nothing by halves.
 * The short form does 10 of 200 kills.
 */
import type { Random } from '../../../src/base/random.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { S3Client } from '../../support/client.ts';
import { type CopysetProgram, launchDev, whenReady } from '../../support/dev-process.ts';
import { Load, type LoadReport, loadBucket } from '../../support/load/load.ts';

export type KillOptions = { readonly directory: string; readonly cycles: number; readonly seed: number };

export type KillReport = LoadReport & {
  readonly kills: number;
  /** Further ones, before the program was ready. */
  readonly killsAtStart: number;
  /** From the launch to the line that says so, for each start. */
  readonly readyMs: readonly number[];
  readonly wrong: readonly string[];
};

const longestLoadMs = 1_500;
const longestStartMs = 600;
const options = ['--block-bytes', '1MiB'];

export async function runKillCycles({ directory, cycles, seed }: KillOptions): Promise<KillReport> {
  const random = seededRandom(seed);
  const load = new Load({ seed, writers: 8, keysPerWriter: 15, multipartPerMille: 4 });
  const readyMs: number[] = [];
  const wrong: string[] = [];
  let killsAtStart = 0;
  for (let cycle = 0; cycle <= cycles; cycle++) {
    const atMs = performance.now();
    await using dev = await whenReady(launchDev(directory, options));
    readyMs.push(performance.now() - atMs);
    using client = new S3Client(dev.ready);
    if (cycle === 0) await client.createBucket(loadBucket);
    wrong.push(...(await load.verify(client)).map((text) => `after ${cycle} kills: ${text}`));
    if (cycle === cycles) break;
    const stop = new AbortController();
    const running = load.run(client, stop.signal);
    await wait(random.integer(longestLoadMs));
    stop.abort();
    await dev.end('SIGKILL');
    await running;
    if (random.integer(3) === 0) killsAtStart += await killAtStart(launchDev(directory, options), random);
  }
  return { ...load.report, kills: cycles, killsAtStart, readyMs, wrong };
}

async function killAtStart(program: CopysetProgram, random: Random): Promise<number> {
  await wait(random.integer(longestStartMs));
  program.signal('SIGKILL');
  await program.ended;
  return 1;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
