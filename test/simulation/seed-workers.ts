/**
 * Why: the long run shall use the whole machine. Threads take few seeds each and end: a life that was killed in the
 * middle of its work never lets go of its memory.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedOutcome } from './seed-worker.ts';

const seedsPerWorker = 10;
const heapMb = 4096;
const seedWorker = new URL('./seed-worker.ts', import.meta.url);

/** Tells of each seed as soon as it is done, in any order. */
export async function runInWorkers(seeds: readonly number[], onOutcome: (outcome: SeedOutcome) => void): Promise<void> {
  const threads = availableParallelism();
  const step = Math.max(1, Math.min(seedsPerWorker, Math.ceil(seeds.length / threads)));
  const shares = Array.from({ length: Math.ceil(seeds.length / step) }, (_, index) =>
    seeds.slice(index * step, (index + 1) * step),
  );
  const takeShares = async () => {
    for (let share = shares.shift(); share !== undefined; share = shares.shift()) await runShare(share, onOutcome);
  };
  await Promise.all(Array.from({ length: threads }, takeShares));
}

/** In one thread, one after the other. `program`: the thread of another copy of the project. */
export async function runShare(
  seeds: readonly number[],
  onOutcome: (outcome: SeedOutcome) => void,
  { program = seedWorker }: { readonly program?: URL } = {},
): Promise<void> {
  for (let left = seeds; left.length > 0; ) {
    const { done, cause } = await runThread(left, onOutcome, program);
    const [broken, ...others] = left.slice(done);
    if (broken !== undefined) onOutcome({ seed: broken, failure: `its thread ended in the middle: ${cause}` });
    left = others;
  }
}

/** How many were done when the thread ended, and why it ended. */
async function runThread(
  seeds: readonly number[],
  onOutcome: (outcome: SeedOutcome) => void,
  program: URL,
): Promise<{ readonly done: number; readonly cause: string }> {
  const worker = new Worker(program, {
    workerData: seeds,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  let done = 0;
  let cause = 'it ended by itself';
  worker.on('message', (outcome: SeedOutcome) => {
    done += 1;
    onOutcome(outcome);
  });
  worker.on('error', (error) => {
    cause = String(error);
  });
  await once(worker, 'exit');
  return { done, cause };
}
