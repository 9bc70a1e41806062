/**
 * Why: a cell is one workload on one contender, timed apart from all else: what it needs lies there and was read once,
 * its requests are signed and the disk is quiet before the clock starts. Contenders stand side by side and take turns,
 * as the machine changes.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type PlanRun, runPlan } from '../load/program.ts';
import { resetPeak, usageOf } from '../process-usage.ts';
import type { RunningWork, WorkOutcome } from '../targets/target.ts';
import { dropCached } from './drop-cached.ts';
import { type LoadOptions, makePlan, noTimeLimitMs, putAll } from './preload.ts';
import { objectsBeforeEach, type Requests, requestsOf } from './requests.ts';
import { isAble, isServer, type Role, type Standing, type StandingServer } from './standing.ts';
import type { Asked, Workload } from './workload.ts';

export type Sample = WorkOutcome & {
  readonly workload: Workload;
  /** The name of the contender, and what it is called in a table. */
  readonly contender: string;
  readonly server: string;
  readonly role: Role;
  readonly repeat: number;
};

export type CellOptions = LoadOptions & { readonly cellMs: number };

const execute = promisify(execFile);
const shareBeforehand = 0.5;

/** Every contender is asked for everything that it is to be asked for; who goes first changes with the repeat. */
export async function runRepeat(
  all: readonly Standing[],
  asked: readonly Asked[],
  { repeat, ...options }: CellOptions & { readonly repeat: number },
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const { workload, of } of asked) {
    const able = all.filter((standing) => of.includes(standing.name) && isAble(standing, workload));
    for (const standing of turned(able, repeat)) {
      options.signal.throwIfAborted();
      const measured = await measure(standing, workload, options).catch((error: Error) => {
        if (standing.role === 'ours' || options.signal.aborted) throw error;
        standing.unable.set(workload.name, error.message);
      });
      const { name: contender, role, target } = standing;
      if (measured !== undefined) samples.push({ workload, contender, server: target.name, role, repeat, ...measured });
    }
    options.tell(`repeat ${repeat}: ${workload.name}`);
  }
  return samples;
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

async function measure(standing: Standing, workload: Workload, options: CellOptions): Promise<WorkOutcome> {
  if (isServer(standing)) return await measureServer(standing, workload, options);
  await execute('sync');
  const { cellMs: milliseconds, signal } = options;
  return await (standing.running as RunningWork).work(workload, { milliseconds, signal });
}

async function measureServer(standing: StandingServer, workload: Workload, options: CellOptions): Promise<WorkOutcome> {
  const { running } = standing;
  await putAll(standing, { keys: objectsBeforeEach(workload), bytes: workload.bytes }, options);
  const requests = requestsOf(running.endpoint, workload);
  await using plan = await makePlan(running.endpoint.port, requests, options);
  const run = { ...plan, connections: workload.connections, milliseconds: options.cellMs };
  const first = beforehand(workload, requests, options);
  if (first !== undefined) await runPlan(options.program, { ...run, ...first }, options);
  await execute('sync'); // what others left unwritten is not this one's work
  if (workload.kind === 'get-cold') await dropCached(standing.folder);
  await resetPeak(running.pid);
  const before = await usageOf(running.pid);
  const outcome = await runPlan(options.program, run, options);
  const { cpuSeconds, peakRssMiB } = await usageOf(running.pid);
  return { outcome, cpuSeconds: cpuSeconds - before.cpuSeconds, peakRssMiB };
}

/**
 * What is read warm is read once before, as direct writes leave nothing in the page cache; what writes runs a little,
 * so that compilers are done with it.
 */
function beforehand({ kind }: Workload, { requests }: Requests, { cellMs }: CellOptions): Partial<PlanRun> | undefined {
  if (kind === 'get' || kind === 'get-range') return { limit: requests.length, milliseconds: noTimeLimitMs };
  return kind === 'put' ? { milliseconds: cellMs * shareBeforehand } : undefined;
}
