/**
 * Why: a cell is one workload on one server, timed apart from all else: what it needs lies there, its requests are
 * signed and the disk is quiet before the clock starts. Servers stand side by side and take turns, as the machine
 * changes.
 */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { S3Client } from '../../test/support/client.ts';
import type { HttpEndpoint } from '../load/job.ts';
import { writePlan } from '../load/plan.ts';
import { type LoadProgram, type PlanOutcome, type PlanRun, runPlan } from '../load/program.ts';
import { resetPeak, usageOf } from '../process-usage.ts';
import { turned } from '../rounds.ts';
import type { RunningTarget, Target } from '../targets/target.ts';
import type { Role } from './contenders.ts';
import { objectsBefore, objectsBeforeEach, pageTarget, putOf, type Requests, requestsOf } from './requests.ts';
import { type PeerWorkload, pageKeys } from './workloads.ts';

/** A server that runs. */
export type Standing = {
  /** By the name of a workload that it is not asked for again: why. */
  readonly unable: Map<string, string>;
  readonly role: Role;
  readonly target: Target;
  readonly running: RunningTarget & { readonly endpoint: HttpEndpoint; readonly pid: number };
};

export type PeerSample = {
  readonly workload: PeerWorkload;
  readonly server: string;
  readonly role: Role;
  readonly repeat: number;
  /** As seen by the load. */
  readonly outcome: PlanOutcome;
  /** Of the server. */
  readonly cpuSeconds: number;
  readonly peakRssMiB: number;
};

export type CellOptions = {
  readonly program: LoadProgram;
  /** What starts the load on its core. */
  readonly under: readonly string[];
  /** For plans, best in memory. */
  readonly planFolder: string;
  readonly cellMs: number;
  readonly repeats: number;
  readonly tell: (line: string) => void;
  readonly signal: AbortSignal;
};

const execute = promisify(execFile);
const preloadConnections = 8;
const smallPreloadConnections = 32;
const smallBytes = 64 * 1024;
const noTimeLimitMs = 24 * 3600 * 1000;

/** Puts there what the workloads read; rejects when the server takes nothing. */
export async function preload(
  standing: Standing,
  workloads: readonly PeerWorkload[],
  options: CellOptions,
): Promise<void> {
  const { target, running } = standing;
  for (const workload of workloads.filter((each) => isAble(standing, each))) {
    const keys = objectsBefore(workload);
    options.signal.throwIfAborted();
    if (keys.length === 0) continue;
    const plant = workload.kind === 'list' ? running.plant : undefined;
    if (plant !== undefined) await plant(keys, workload.bytes);
    else await putAll(standing, { keys, bytes: workload.bytes }, options);
    if (workload.kind === 'list') await checkPages(standing, workload);
    options.tell(`${target.name}: ${keys.length} objects of ${workload.bytes} bytes lie there for ${workload.name}`);
  }
}

function isAble({ target, unable }: Standing, { kind, name }: PeerWorkload): boolean {
  return (kind !== 'list' || target.lists) && !unable.has(name);
}

type Objects = { readonly keys: readonly string[]; readonly bytes: number };

async function putAll({ target, running }: Standing, { keys, bytes }: Objects, options: CellOptions): Promise<void> {
  if (keys.length === 0) return;
  const requests = keys.map((key) => putOf(running.endpoint, key, bytes));
  const connections = bytes < smallBytes ? smallPreloadConnections : preloadConnections;
  const outcome = await send(running, { requests, once: true }, { connections, milliseconds: noTimeLimitMs, options });
  if (outcome.requests === 0) throw new Error(`it took no PUT: ${JSON.stringify(outcome.statuses)}`);
  const failed = keys.length - outcome.requests;
  if (failed > 0) options.tell(`${target.name}: ${failed} of ${keys.length} PUTs failed before the clock started`);
}

/**
 * A page is named by the key that it starts after, so that pages can be signed beforehand; not all servers know that.
 */
async function checkPages({ running, unable }: Standing, workload: PeerWorkload): Promise<void> {
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

type Sending = Pick<PlanRun, 'connections' | 'milliseconds'> & { readonly options: CellOptions };

async function send(running: Standing['running'], asked: Requests, sending: Sending): Promise<PlanOutcome> {
  const { options, ...run } = sending;
  const plan = await makePlan(running, asked, options);
  try {
    return await runPlan(options.program, { ...plan, ...run }, options);
  } finally {
    await rm(plan.plan);
  }
}

type MadePlan = Pick<PlanRun, 'plan' | 'port' | 'limit'>;

async function makePlan(
  { endpoint }: Standing['running'],
  { requests, once = false }: Requests,
  { planFolder }: CellOptions,
): Promise<MadePlan> {
  const plan = join(planFolder, 'plan');
  await writePlan(plan, requests);
  return { plan, port: endpoint.port, limit: once ? requests.length : 0 };
}

/** Every repeat asks every server for everything; who goes first changes. */
export async function runCells(
  all: readonly Standing[],
  workloads: readonly PeerWorkload[],
  options: CellOptions,
): Promise<PeerSample[]> {
  const samples: PeerSample[] = [];
  for (let repeat = 1; repeat <= options.repeats; repeat++) {
    for (const workload of workloads) {
      const able = all.filter((standing) => isAble(standing, workload));
      for (const standing of able.length === 0 ? [] : turned(able, repeat)) {
        options.signal.throwIfAborted();
        const sample = await measure(standing, workload, options).catch((error: Error) => {
          if (standing.role === 'ours' || options.signal.aborted) throw error;
          standing.unable.set(workload.name, error.message);
        });
        if (sample !== undefined) samples.push({ ...sample, repeat });
      }
      options.tell(`repeat ${repeat} of ${options.repeats}: ${workload.name}`);
    }
  }
  return samples;
}

async function measure(
  standing: Standing,
  workload: PeerWorkload,
  options: CellOptions,
): Promise<Omit<PeerSample, 'repeat'>> {
  const { role, target, running } = standing;
  await putAll(standing, { keys: objectsBeforeEach(workload), bytes: workload.bytes }, options);
  const plan = await makePlan(running, requestsOf(running.endpoint, workload), options);
  try {
    await execute('sync'); // what others left unwritten is not this one's work
    await resetPeak(running.pid);
    const before = await usageOf(running.pid);
    const run = { ...plan, connections: workload.connections, milliseconds: options.cellMs };
    const outcome = await runPlan(options.program, run, options);
    const { cpuSeconds, peakRssMiB } = await usageOf(running.pid);
    return { workload, server: target.name, role, outcome, cpuSeconds: cpuSeconds - before.cpuSeconds, peakRssMiB };
  } finally {
    await rm(plan.plan);
  }
}
