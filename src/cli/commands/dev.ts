/**
 * Why: from nothing to a store that clients can use, with one command. It serves until it is told to stop, then
 * finishes what was begun. Started again on the same directory it goes on.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { raceAbort } from '../../base/async/abort.ts';
import { systemClock } from '../../base/clock.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { OptionName, Values } from '../../config/options.ts';
import type { ListenAddress, RunningServer, ServerOptions } from '../../server/running-server.ts';
import { defineCommand, type ExitCode, exitCodes } from '../command.ts';
import { reportError } from '../report-error.ts';
import type { Terminal } from '../terminal.ts';

const serverOptionNames = [
  'listen',
  'adminListen',
  'volumes',
  'replicas',
  'blockBytes',
  'memoryBytes',
  'scrubPeriodMs',
  'lostAfterMs',
  'logLevel',
] as const satisfies readonly OptionName[];

export const dev = defineCommand({
  name: 'dev',
  text: 'make a store (or go on with it) and serve S3 on this machine',
  arguments: [],
  options: ['dir', 'json', ...serverOptionNames],
  run: async ({ options }, { terminal }) => {
    const { startServer } = await import('../../server/start.ts');
    const stopping = stopSignal();
    const start = (wanted: ServerOptions) => unlessStopped(startServer(wanted, { signal: stopping }), stopping);
    const server = await start(serverOptions(options));
    if (server === undefined) return stoppedEarly(terminal);
    terminal.out(options.json ? `${JSON.stringify(describe(server))}\n` : welcome(server, resolve(options.dir)));
    const again = {
      ...serverOptions(options),
      listen: addressOf(server.endpoint),
      adminListen: addressOf(server.admin),
    };
    return serve(server, { stopping, terminal, startAgain: () => start(again) });
  },
});

function serverOptions(options: Values<(typeof serverOptionNames)[number] | 'dir'>): ServerOptions {
  const { dir, replicas, ...rest } = options;
  return { mode: 'dev', directory: resolve(dir), copies: replicas, ...rest };
}

/** One Ctrl-C or stop may arrive twice: from the terminal or the system, and through npm. */
const echoMs = 1_000;

/** Aborts at the first signal; one that comes later than its echo ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let firstMs: number | undefined;
  const hear = (signal: NodeJS.Signals) => {
    firstMs ??= systemClock.monotonicMs();
    stop.abort();
    if (systemClock.monotonicMs() - firstMs < echoMs) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, hear);
  return stop.signal;
}

/** Undefined when it was told to stop before it was ready. */
async function unlessStopped(
  starting: Promise<RunningServer>,
  stopping: AbortSignal,
): Promise<RunningServer | undefined> {
  try {
    return await starting;
  } catch (error) {
    if (stopping.aborted) return undefined;
    throw error;
  }
}

function stoppedEarly(terminal: Terminal): ExitCode {
  terminal.err('copyset: told to stop before the store was ready\n');
  return exitCodes.ok;
}

type Serving = {
  readonly stopping: AbortSignal;
  readonly terminal: Terminal;
  readonly startAgain: () => Promise<RunningServer | undefined>;
};

/** What was started again and fails so soon will fail again: whoever watches the process is to know. */
const leastServedMs = 10_000;

/** A store that failed (its catalog, in the end) is started again where it was; clients see it away for a moment. */
async function serve(first: RunningServer, { stopping, terminal, startAgain }: Serving): Promise<ExitCode> {
  let failedMs = Number.NEGATIVE_INFINITY;
  for (let server: RunningServer | undefined = first; server !== undefined; server = await startAgain()) {
    const failure = await failureOf(server, stopping);
    await server.drain();
    if (failure === undefined) return exitCodes.ok;
    if (systemClock.monotonicMs() - failedMs < leastServedMs) return reportError(failure, terminal, false);
    failedMs = systemClock.monotonicMs();
    terminal.err(`copyset: ${failure.message}; the store is started again\n`);
  }
  return stoppedEarly(terminal);
}

/** Undefined when it was told to stop. */
async function failureOf(server: RunningServer, stopping: AbortSignal): Promise<CopysetError | undefined> {
  try {
    return await raceAbort(server.failed, stopping);
  } catch {
    return undefined; // nothing but the signal rejects it
  }
}

function addressOf(url: string): ListenAddress {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function describe({ endpoint, admin, accessKeyId, secretAccessKey, volumes }: RunningServer): object {
  const known = volumes.map(({ id, path }) => ({ id, path }));
  return { endpoint, admin, accessKeyId, secretAccessKey, pid: process.pid, volumes: known };
}

const programPath = fileURLToPath(new URL('../../../bin/copyset.mjs', import.meta.url));

function welcome({ endpoint, admin, accessKeyId, secretAccessKey, volumes }: RunningServer, directory: string): string {
  const keys = `AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`;
  return `Copyset serves ${directory} on ${volumes.length} volumes.

  endpoint    ${endpoint}
  access key  ${accessKeyId}
  secret key  ${secretAccessKey}
  health      ${admin}/healthz

Paste this into another terminal:

  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1 ${keys}
  aws s3 mb s3://models
  aws s3 cp README.md s3://models/

Ctrl-C stops it; \`node ${programPath} status --dir ${directory}\` shows how it is.
`;
}
