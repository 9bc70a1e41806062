/**
 * Why: what a catalog of so many keys takes on disk, how long a start with it takes, and what its answers cost: asked
 * of the store as a user starts it, through the door, one request at a time.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Client } from '../../test/support/client.ts';
import { type PlanOutcome, runPlan } from '../load/program.ts';
import { usageOf } from '../process-usage.ts';
import { type LoadOptions, makePlan } from '../run/preload.ts';
import { startCopyset } from '../targets/copyset.ts';
import type { RunningServer } from '../targets/target.ts';
import { type Question, questionsOf, requestOf } from './questions.ts';

export type CatalogFigures = {
  readonly keys: number;
  readonly filledPerSecond: number;
  readonly databaseBytes: number;
  /** Of one of them. */
  readonly journalBytes: number;
  readonly journals: number;
  readonly readyAfterStopSeconds: number;
  readonly readyAfterKillSeconds: number;
  /** Of the server, when all was asked. */
  readonly peakRssMiB: number;
  readonly answers: readonly Answered[];
};

export type Answered = {
  readonly what: string;
  readonly shows: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server, for each request. */
  readonly cpuUs: number;
};

export type MeasureOptions = LoadOptions & {
  readonly copies: number;
  /** What starts the server on its core. */
  readonly serverUnder: readonly string[];
  readonly milliseconds: number;
};

/** Of a store that is not served, with keys 0 to `keys`. */
export async function measureCatalog(
  directory: string,
  { keys, filledPerSecond }: Pick<CatalogFigures, 'keys' | 'filledPerSecond'>,
  options: MeasureOptions,
): Promise<CatalogFigures> {
  const disk = await bytesOnDisk(directory);
  const stopped = await timedStart(directory, options);
  await kill(stopped.server);
  const killed = await timedStart(directory, options);
  try {
    const answers: Answered[] = [];
    for (const question of questionsOf(keys)) {
      answers.push(await ask(killed.server, question, options));
      options.tell(`${keys} keys: ${question.what}`);
    }
    return {
      ...{ keys, filledPerSecond, ...disk, answers },
      ...{ readyAfterStopSeconds: stopped.seconds, readyAfterKillSeconds: killed.seconds },
      peakRssMiB: (await usageOf(killed.server.pid)).peakRssMiB,
    };
  } finally {
    await killed.server.stop();
  }
}

async function timedStart(directory: string, { copies, serverUnder: under }: MeasureOptions) {
  const startedMs = performance.now();
  const server = await startCopyset(directory, { copies, under });
  return { server, seconds: (performance.now() - startedMs) / 1000 };
}

async function kill(server: RunningServer): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  await server.stop();
}

type Disk = Pick<CatalogFigures, 'databaseBytes' | 'journalBytes' | 'journals'>;

async function bytesOnDisk(directory: string): Promise<Disk> {
  const volumes = join(directory, 'volumes');
  const folders = (await readdir(volumes)).map((volume) => join(volumes, volume, 'journal'));
  const journals = await Promise.all(folders.map(bytesIn));
  return {
    databaseBytes: await bytesIn(join(directory, 'catalog')),
    journalBytes: Math.max(...journals),
    journals: journals.filter((bytes) => bytes > 0).length,
  };
}

/** As they are allocated, but for what is kept in reserve for a full disk. */
async function bytesIn(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => !name.endsWith('reserve'));
  const files = await Promise.all(names.map((name) => lstat(join(folder, name))));
  return files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
}

async function ask(server: RunningServer, question: Question, options: MeasureOptions): Promise<Answered> {
  await checkAnswer(server, question);
  const requests = question.targets.map((target) => requestOf(server.endpoint, question, target));
  await using plan = await makePlan(server.endpoint.port, { requests }, options);
  const run = { ...plan, connections: 1 };
  const warmUp = { ...run, milliseconds: options.milliseconds / 4 };
  await runPlan(options.program, warmUp, options);
  const before = await usageOf(server.pid);
  const outcome = await runPlan(options.program, { ...run, milliseconds: options.milliseconds }, options);
  const after = await usageOf(server.pid);
  return { ...answered(question, outcome), cpuUs: ((after.cpuSeconds - before.cpuSeconds) / outcome.requests) * 1e6 };
}

function answered({ what, shows }: Question, { p50Ms, p99Ms, statuses }: PlanOutcome): Omit<Answered, 'cpuUs'> {
  const refused = Object.keys(statuses).filter((status) => status !== '200');
  if (p50Ms === null || p99Ms === null || refused.length > 0)
    throw new Error(`${what} was answered ${JSON.stringify(statuses)}`);
  return { what, shows, p50Ms, p99Ms };
}

/** What is counted per key must show as many keys as it says. */
async function checkAnswer({ endpoint }: RunningServer, { what, shows, targets }: Question): Promise<void> {
  if (shows === undefined) return;
  using client = new S3Client({ ...endpoint, endpoint: `http://${endpoint.host}:${endpoint.port}` });
  const { body } = await client.ask({ method: 'GET', target: targets.at(-1) ?? '' });
  const shown = body.toString().match(/<Contents>|<CommonPrefixes>/g)?.length ?? 0;
  if (shown !== shows) throw new Error(`${what} shows ${shown} keys, not ${shows}`);
}
