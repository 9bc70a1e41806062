/** Why: a store is served until somebody says stop, whatever happens to it meanwhile. */
import { raceAbort } from '../../base/async/abort.ts';
import { systemClock } from '../../base/clock.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { ListenAddress, RunningServer, ServerOptions } from '../../server/running-server.ts';
import { type ExitCode, exitCodes } from '../command.ts';
import { reportError } from '../report-error.ts';
import type { Terminal } from '../terminal.ts';
import { stopSignal } from './stop-signal.ts';

export type ServerRun = {
  readonly terminal: Terminal;
  /** Called once, when clients can be served. */
  readonly onReady: (server: RunningServer) => void;
  /** The store failed, and is started again. */
  readonly onFailure: (failure: CopysetError) => void;
};

/** Resolves when it was told to stop and has, or when the store cannot be served any longer. */
export async function runServer(
  options: ServerOptions,
  { terminal, onReady, onFailure }: ServerRun,
): Promise<ExitCode> {
  const { startServer } = await import('../../server/start.ts');
  const stopping = stopSignal();
  const start = (wanted: ServerOptions) => unlessStopped(startServer(wanted, { signal: stopping }), stopping);
  const server = await start(options);
  if (server === undefined) return stoppedEarly(terminal);
  onReady(server);
  const again = {
    ...options,
    listen: addressOf(server.endpoint),
    adminListen: addressOf(server.admin),
    metricsListen: addressOf(server.metrics),
  };
  return serve(server, { stopping, terminal, onFailure, startAgain: () => start(again) });
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
  readonly onFailure: ServerRun['onFailure'];
  readonly startAgain: () => Promise<RunningServer | undefined>;
};

/** What was started again and fails so soon will fail again: whoever watches the process is to know. */
const leastServedMs = 10_000;

/** A store that failed (its catalog, in the end) is started again where it was; clients see it away for a moment. */
async function serve(first: RunningServer, { stopping, terminal, onFailure, startAgain }: Serving): Promise<ExitCode> {
  let failedMs = Number.NEGATIVE_INFINITY;
  for (let server: RunningServer | undefined = first; server !== undefined; server = await startAgain()) {
    const failure = await failureOf(server, stopping);
    await server.drain();
    if (failure === undefined) return exitCodes.ok;
    if (systemClock.monotonicMs() - failedMs < leastServedMs) return reportError(failure, terminal, false);
    failedMs = systemClock.monotonicMs();
    onFailure(failure);
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
