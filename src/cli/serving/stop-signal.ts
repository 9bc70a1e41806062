/** Why: a server that is told to stop finishes what was begun; told again, it ends at once. */
import { systemClock } from '../../base/clock.ts';

/** One Ctrl-C or stop may arrive twice: from the terminal or the system, and through npm. */
const echoMs = 1_000;

/** Aborts at the first signal; one that comes later than its echo ends the process at once. */
export function stopSignal(): AbortSignal {
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
