/**
 * Why: the long run shall use the whole machine. Threads take few seeds each and end: a life that was killed in the
 * middle of its work never lets go of its memory.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedOutcome } from './seed-worker.ts';

const seedsPerWorker = 20;
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
  const worker = new Worker(program, { workerData: seeds, execArgv: [] });
  let outcomes = 0;
  worker.on('message', (outcome: SeedOutcome) => {
    outcomes += 1;
    onOutcome(outcome);
  });
  await once(worker, 'exit');
  if (outcomes < seeds.length) throw new Error(`the thread of the seeds ${seeds.join(', ')} ended in the middle`);
}
