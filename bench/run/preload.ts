/** Why: what a cell reads lies there before its clock starts, put by the same load that asks for it later. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '../../test/support/client.ts';
import { writePlan } from '../load/plan.ts';
import { type LoadProgram, type PlanOutcome, type PlanRun, runPlan } from '../load/program.ts';
import { objectsBefore, pageTarget, putOf, type Requests } from './requests.ts';
import { isAble, type StandingServer } from './standing.ts';
import { pageKeys, type Workload } from './workload.ts';

export type LoadOptions = {
  readonly program: LoadProgram;
  /** What starts the load on its core. */
  readonly under: readonly string[];
  /** For plans, best in memory. */
  readonly planFolder: string;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
};

const preloadConnections = 8;
const smallPreloadConnections = 32;
const smallBytes = 64 * 1024;
export const noTimeLimitMs = 24 * 3600 * 1000;

/** Puts there what the workloads read; rejects when the server takes nothing. */
export async function preload(
  standing: StandingServer,
  workloads: readonly Workload[],
  options: LoadOptions,
): Promise<void> {
  const there = new Set<string>();
  for (const workload of workloads.filter((each) => isAble(standing, each))) {
    const keys = objectsBefore(workload).filter((key) => !there.has(key));
    options.signal.throwIfAborted();
    if (keys.length === 0) continue;
    const plant = workload.kind === 'list' ? standing.running.plant : undefined;
    if (plant !== undefined) await plant(keys, workload.bytes);
    else await putAll(standing, { keys, bytes: workload.bytes }, options);
    if (workload.kind === 'list') await checkPages(standing, workload);
    for (const key of keys) there.add(key);
    const objects = `${keys.length} objects of ${workload.bytes} bytes`;
    options.tell(`${standing.target.name}: ${objects} lie there for ${workload.name}`);
  }
}

export type Objects = { readonly keys: readonly string[]; readonly bytes: number };

export async function putAll(standing: StandingServer, { keys, bytes }: Objects, options: LoadOptions): Promise<void> {
  if (keys.length === 0) return;
  const { target, running } = standing;
  const requests = keys.map((key) => putOf(running.endpoint, key, bytes));
  const connections = bytes < smallBytes ? smallPreloadConnections : preloadConnections;
  const outcome = await sendOnce(standing, requests, { ...options, connections });
  if (outcome.requests === 0) throw new Error(`it took no PUT: ${JSON.stringify(outcome.statuses)}`);
  const failed = keys.length - outcome.requests;
  if (failed > 0) options.tell(`${target.name}: ${failed} of ${keys.length} PUTs failed before the clock started`);
}

/**
 * A page is named by the key that it starts after, so that pages can be signed beforehand; not all servers know that.
 */
async function checkPages({ running, unable }: StandingServer, workload: Workload): Promise<void> {
  const { endpoint } = running;
  using client = new S3Client({ ...endpoint, endpoint: `http://${endpoint.host}:${endpoint.port}` });
  const pages = await Promise.all(
    [0, 1].map((page) => client.ask({ method: 'GET', target: pageTarget(workload, page) })),
  );
  const keys = pages.map(({ body }) => body.toString().match(/<Key>[^<]*/g) ?? []);
  const counts = keys.map(({ length }) => length);
  if (counts.every((count) => count === pageKeys) && keys[0]?.[0] !== keys[1]?.[0]) return;
  unable.set(workload.name, `its pages hold ${counts.join(' and ')} keys, or the same`);
}

type Sending = LoadOptions & { readonly connections: number };

async function sendOnce(
  { running }: StandingServer,
  requests: Requests['requests'],
  options: Sending,
): Promise<PlanOutcome> {
  await using plan = await makePlan(running.endpoint.port, { requests, once: true }, options);
  const run = { ...plan, connections: options.connections, milliseconds: noTimeLimitMs };
  return await runPlan(options.program, run, options);
}

export type MadePlan = Pick<PlanRun, 'plan' | 'port' | 'limit'> & AsyncDisposable;

/** `await using` removes it. */
export async function makePlan(
  port: number,
  { requests, once = false }: Requests,
  { planFolder }: LoadOptions,
): Promise<MadePlan> {
  const plan = join(planFolder, 'plan');
  await writePlan(plan, requests);
  return { plan, port, limit: once ? requests.length : 0, [Symbol.asyncDispose]: () => rm(plan) };
}
