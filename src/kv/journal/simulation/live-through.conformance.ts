/**
 * Why: seeds are run, counted, and told how to replay. One seed again, with what happens to it:
 * `node src/kv/journal/simulation/live-through.conformance.ts SEED LIVES OPERATIONS`.
 */

import { Simulation } from './journal-simulation.conformance.ts';
import type { DiskLies } from './simulated-disk.conformance.ts';

export type Lives = {
  readonly first: number;
  readonly seeds: number;
  readonly lives: number;
  readonly operations: number;
  readonly lies?: DiskLies;
};

/** What must happen in every long enough run; else it shows nothing. */
const expected = ['open', 'died in recovery', 'well', 'crash', 'power cut', 'close', 'set changed', 'torn'];
const refusals = ['refused', 'damage refused', 'damage healed'];
const wounds = ['wound:lost', 'wound:away', 'wound:old copy', 'wound:damaged', 'wound:catalog'];
const troubles = ['trouble:full', 'trouble:away', 'trouble:sync fails', 'trouble:sync hangs'];
const rot = ['rot:damaged', 'rot:file lost', 'rot:lost', 'scrub:whole', 'scrub:damaged', 'scrub:unread'];
const outcomes = ['acknowledged', 'commit:kv.unknown_outcome', 'commit:read_only', 'commit:disk.full'];

/** Resolves with how often each thing happened; rejects with the first seed that broke a promise. */
export async function liveThrough({
  first,
  seeds,
  lives,
  operations,
  lies = {},
}: Lives): Promise<Record<string, number>> {
  const counts = Object.fromEntries(
    [...expected, ...refusals, ...wounds, ...troubles, ...rot, ...outcomes].map((what) => [what, 0]),
  );
  for (let seed = first; seed < first + seeds; seed++) {
    const simulation = new Simulation({ seed, operations, lies });
    try {
      await simulation.run(lives);
    } catch (error) {
      const replay = `node src/kv/journal/simulation/live-through.conformance.ts ${seed} ${lives} ${operations}`;
      throw new Error(`seed ${seed}: ${String(error)}\nreplay: ${replay}`, { cause: error });
    }
    for (const [what, times] of Object.entries(simulation.counts)) counts[what] = (counts[what] ?? 0) + times;
  }
  return counts;
}

if (import.meta.main) {
  const [seed = 1, lives = 6, operations = 30] = process.argv.slice(2).map(Number);
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  const simulation = new Simulation({ seed, operations, trace: write });
  await simulation.run(lives);
  write(JSON.stringify(simulation.counts));
}
