/**
 * Why: what a store holds in memory must not grow with the number of those who send or fetch large objects. Each
 * direction begins with a process that served nothing yet: memory that was used once is not given back, and would hide
 * what grows.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bucket } from '../load/endpoint.ts';
import type { PlannedRequest } from '../load/plan.ts';
import { type PlanRun, runPlan } from '../load/program.ts';
import { signedHead } from '../load/signed-head.ts';
import { resetPeak, usageOf } from '../process-usage.ts';
import { startCopyset } from '../targets/copyset.ts';
import type { RunningServer } from '../targets/target.ts';
import { type LoadOptions, makePlan, noTimeLimitMs } from './preload.ts';
import { putOf } from './requests.ts';

export type Streams = {
  readonly bytes: number;
  /** Peaks are taken with one stream, then with so many. */
  readonly counts: readonly number[];
  /** The many are cut off then; it must do for all of them to be under way. */
  readonly milliseconds: number;
};

export type Direction = 'up' | 'down';

export type StreamPeak = {
  readonly direction: Direction;
  readonly streams: number;
  readonly repeat: number;
  /** Of the whole process, while they ran. */
  readonly peakRssMiB: number;
};

type Options = LoadOptions & { readonly folder: string; readonly repeat: number };

const key = 'stream';

export async function measureStreams(streams: Streams, options: Options): Promise<StreamPeak[]> {
  const folder = join(options.folder, 'streams');
  try {
    const up = await inFreshProcess(folder, (server) => peaks(server, { streams, direction: 'up' }, options));
    const down = await inFreshProcess(folder, (server) => peaks(server, { streams, direction: 'down' }, options));
    return [...up, ...down];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of the same store. */
async function inFreshProcess<T>(folder: string, work: (server: RunningServer) => Promise<T>): Promise<T> {
  const server = await startCopyset(folder, { copies: 1 });
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

type Series = { readonly streams: Streams; readonly direction: Direction };

async function peaks(server: RunningServer, { streams, direction }: Series, options: Options): Promise<StreamPeak[]> {
  const found: StreamPeak[] = [];
  for (const count of [1, ...streams.counts]) {
    const { endpoint, pid } = server;
    const request = direction === 'up' ? putOf(endpoint, key, streams.bytes) : getOf(server, streams.bytes);
    await using plan = await makePlan(endpoint.port, { requests: [request] }, options);
    await resetPeak(pid);
    const { requests, cut } = await runPlan(options.program, { ...plan, ...runOf(count, streams) }, options);
    if (requests + cut < count) throw new Error(`only ${requests + cut} of ${count} streams went ${direction}`);
    found.push({ direction, streams: count, repeat: options.repeat, peakRssMiB: (await usageOf(pid)).peakRssMiB });
    options.tell(`repeat ${options.repeat}: ${count} streams ${direction}`);
  }
  return found;
}

/** One is waited for: it leaves the object that others fetch. */
function runOf(connections: number, { milliseconds }: Streams): Omit<PlanRun, 'plan' | 'port'> {
  return connections === 1
    ? { connections, milliseconds: noTimeLimitMs, limit: 1 }
    : { connections, milliseconds, cuts: true };
}

function getOf({ endpoint }: RunningServer, answerBytes: number): PlannedRequest {
  return { head: signedHead(endpoint, { method: 'GET', target: `/${bucket}/${key}` }), body: 0, answerBytes };
}
