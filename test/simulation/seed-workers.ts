/**
 * Why: the long run shall use the whole machine. Threads take few seeds each and end: a life that was killed in the
 * middle of its work never lets go of its memory.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SeedOutcome } from './seed-worker.ts';

const seedsPerWorker = 20;

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

async function runShare(seeds: readonly number[], onOutcome: (outcome: SeedOutcome) => void): Promise<void> {
  const worker = new Worker(new URL('./seed-worker.ts', import.meta.url), { workerData: seeds, execArgv: [] });
  let outcomes = 0;
  worker.on('message', (outcome: SeedOutcome) => {
    outcomes += 1;
    onOutcome(outcome);
  });
  await once(worker, 'exit');
  if (outcomes < seeds.length) throw new Error(`the thread of the seeds ${seeds.join(', ')} ended in the middle`);
}
