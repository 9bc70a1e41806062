/** Why: one piece of bare work as a process: the job in JSON as its argument, the outcome in JSON on stdout. */
import { percentile } from '../../statistics.ts';
import type { WorkOutcome } from '../target.ts';
import type { Done, WorkJob } from './job.ts';
import { nameBlocks } from './name-blocks.ts';
import { probeDirect, writeDirectly } from './write-directly.ts';

function outcomeOf({ bytes, seconds, cpuSeconds, tookMs }: Done, objectBytes: number): WorkOutcome {
  const outcome = {
    congestion: '',
    seconds,
    cpuSeconds: 0, // there is no load but the work
    requests: bytes / objectBytes,
    p50Ms: percentile(tookMs, 0.5),
    p99Ms: percentile(tookMs, 0.99),
    ...{ broken: 0, misfit: 0, cut: 0, statuses: {} },
  };
  return { outcome, cpuSeconds, peakRssMiB: process.resourceUsage().maxRSS / 1024 };
}

async function run(job: WorkJob): Promise<WorkOutcome | undefined> {
  if (job.what === 'probe') {
    await probeDirect(job.path);
    return undefined;
  }
  const done = job.what === 'write' ? await writeDirectly(job) : nameBlocks(job);
  return outcomeOf(done, job.bytes);
}

console.log(JSON.stringify((await run(JSON.parse(process.argv[2] ?? '') as WorkJob)) ?? {}));
