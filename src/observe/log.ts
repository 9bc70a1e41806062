/**
 * Why: what happened, for whoever operates a store: one line of JSON an event, machine-readable first. A message is a
 * fixed sentence; what varies stands in fields, so that lines can be grouped. No field ever holds a secret or a body.
 */
import type { Clock } from '../base/clock.ts';
import { isCopysetError } from '../base/errors.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** `error` may be anything that was thrown: ours is written with its code, a bug with its stack. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Log = {
  /** Whether anybody sees what `debug` is told: fields that cost something need not be made when not. */
  readonly isDebugging: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** Something is not as it should be, and is dealt with. */
  warn(message: string, fields?: LogFields): void;
  /** Something was lost, or needs somebody. */
  error(message: string, fields?: LogFields): void;
  /** A log whose lines carry these fields too. */
  with(fields: LogFields): Log;
};

export type LogOptions = {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
};

export function createLog(options: LogOptions, fields: LogFields = {}): Log {
  const threshold = logLevels.indexOf(options.level);
  const at =
    (level: LogLevel) =>
    (message: string, own: LogFields = {}) => {
      if (logLevels.indexOf(level) < threshold) return;
      const time = new Date(options.clock.wallMs()).toISOString();
      options.write(JSON.stringify({ time, level, message, ...fields, ...own }, writable));
    };
  return {
    isDebugging: threshold <= logLevels.indexOf('debug'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (own) => createLog(options, { ...fields, ...own }),
  };
}

/** For those who do not care, and for tests. */
export const silentLog: Log = {
  isDebugging: false,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};

function writable(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Error ? describe(value) : value;
}

function describe(error: Error): LogFields {
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  if (isCopysetError(error) && error.kind !== 'bug') {
    const { code, message, details } = error;
    return { code, message, ...details, ...cause };
  }
  return { name: error.name, message: error.message, stack: error.stack, ...cause };
}
