/**
 * Why: the load is a program of its own on a core of its own: in C, built when it is first wanted, as Node is slower
 * than some servers; without a compiler in Node all the same.
 */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** As the program prints it. */
export type PlanOutcome = {
  /** Of TCP; empty where the program cannot ask. */
  readonly congestion: string;
  readonly seconds: number;
  /** Of the load. */
  readonly cpuSeconds: number;
  /** Answered with success and of the length expected; only these have times. */
  readonly requests: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Connections that ended before an answer was whole. */
  readonly broken: number;
  /** Successes of another length than expected. */
  readonly misfit: number;
  /** Under way when the time was over, where what is under way is not waited for. */
  readonly cut: number;
  readonly statuses: Readonly<Record<string, number>>;
};

export type LoadProgram = { readonly command: readonly string[]; readonly isNative: boolean };

export type PlanRun = {
  readonly plan: string;
  readonly port: number;
  readonly connections: number;
  readonly milliseconds: number;
  /** Of requests; without, the time is the only one. */
  readonly limit?: number;
  /** When the time is over, what is under way is cut off. */
  readonly cuts?: boolean;
};

const execute = promisify(execFile);
const source = fileURLToPath(new URL('epoll-load.c', import.meta.url));
const fallback = fileURLToPath(new URL('plan-load.ts', import.meta.url));

/** Builds into `cacheFolder`, which must be there; the name tells one source from another. */
export function loadProgram(cacheFolder: string, { compiler = 'cc' } = {}): LoadProgram {
  const version = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const built = `${cacheFolder}/epoll-load-${version}`;
  if (!existsSync(built)) {
    const unfinished = `${built}.${process.pid}`;
    const { error, status } = spawnSync(compiler, ['-O2', '-o', unfinished, source], { stdio: ['ignore', 2, 2] });
    if (error !== undefined || status !== 0) return { command: [process.execPath, fallback], isNative: false };
    renameSync(unfinished, built); // whoever builds at the same time gets a whole one
  }
  return { command: [built], isNative: true };
}

/** `under` is a command that becomes the one after it, such as `taskset`. */
export async function runPlan(
  { command }: LoadProgram,
  { plan, port, connections, milliseconds, limit = 0, cuts = false }: PlanRun,
  { under = [], signal }: { readonly under?: readonly string[]; readonly signal: AbortSignal },
): Promise<PlanOutcome> {
  const numbers = [port, connections, milliseconds, limit].map(String);
  const [file = '', ...args] = [...under, ...command, plan, ...numbers, ...(cuts ? ['cut'] : [])];
  try {
    const { stdout } = await execute(file, args, { signal });
    return JSON.parse(stdout) as PlanOutcome;
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`the load failed: ${whyEnded(cause)}`, { cause });
  }
}

/** What a program that was executed said of its error, in one line. */
export function whyEnded(cause: unknown): string {
  const { stderr = '' } = cause as { readonly stderr?: string };
  return /^\w*Error.*: (.*)$/m.exec(stderr)?.[1] ?? String(cause);
}
