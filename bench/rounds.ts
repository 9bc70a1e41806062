/**
 * Why: on a shared machine two runs a minute apart differ more than two servers. Every round asks every server for
 * everything, in another order each time; what is compared stood in the same round.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job, Outcome } from './load/job.ts';
import { whyEnded } from './load/program.ts';
import { resetPeak, usageOf } from './process-usage.ts';
import type { RunningTarget, Target } from './targets/target.ts';
import { listedObjects, type Workload } from './workloads.ts';

export type Contender = { readonly target: Target; readonly running: RunningTarget };

export type Sample = {
  readonly workload: Workload;
  readonly target: Target;
  readonly round: number;
  /** As seen by the clients. */
  readonly outcome: Outcome;
  /** Of the server. */
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
};

const execute = promisify(execFile);
const loadProgram = fileURLToPath(new URL('load/main.ts', import.meta.url));
const poolThreads = '64';

export type RoundOptions = {
  readonly rounds: number;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
};

export async function runRounds(
  contenders: readonly Contender[],
  workloads: readonly Workload[],
  { rounds, tell, signal }: RoundOptions,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const workload of workloads) {
      const able = contenders.filter(({ target }) => workload.verb !== 'list' || target.lists);
      for (const contender of turned(able, round)) {
        if (workload.verb === 'list') await load({ contender, workload: listedObjects(workload), round }, { signal });
        samples.push(await measure({ contender, workload, round }, { signal }));
      }
      tell(`round ${round} of ${rounds}: ${workload.name}`);
    }
  }
  return inOrder(samples, contenders, workloads);
}

/** As they were named, however the rounds turned them. */
function inOrder(samples: readonly Sample[], contenders: readonly Contender[], all: readonly Workload[]): Sample[] {
  const place = ({ workload, target }: Sample) =>
    all.indexOf(workload) * contenders.length + contenders.findIndex((each) => each.target === target);
  return samples.toSorted((left, right) => place(left) - place(right));
}

/** Who goes first changes from round to round. */
export function turned<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

type Ask = { readonly contender: Contender; readonly workload: Workload; readonly round: number };
type Signal = { readonly signal: AbortSignal };

async function measure(ask: Ask, options: Signal): Promise<Sample> {
  const { workload, round } = ask;
  const { target, running } = ask.contender;
  await execute('sync'); // what others left unwritten is not this one's work
  const { pid } = running;
  if (pid !== undefined) await resetPeak(pid);
  const before = pid === undefined ? undefined : await usageOf(pid);
  const outcome = await load(ask, options);
  const after = pid === undefined ? outcome : await usageOf(pid);
  return {
    workload,
    target,
    round,
    outcome,
    cpuSeconds: after.cpuSeconds - (before?.cpuSeconds ?? 0),
    peakRssMiB: after.peakRssMiB,
  };
}

async function load({ contender: { target, running }, workload, round }: Ask, { signal }: Signal): Promise<Outcome> {
  const job: Job = { workload, endpoint: running.endpoint, round };
  const env = { ...process.env, UV_THREADPOOL_SIZE: poolThreads };
  try {
    const { stdout } = await execute(process.execPath, [loadProgram, JSON.stringify(job)], { env, signal });
    return JSON.parse(stdout) as Outcome;
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`${workload.name} failed on ${target.name}: ${whyEnded(cause)}`, { cause });
  }
}
