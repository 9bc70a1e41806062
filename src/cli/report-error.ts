/** Why: an error says what happened and what to do about it, and scripts can tell its kind by the exit code. */
import { type ErrorKind, toCopysetError } from '../base/errors.ts';
import { type ExitCode, exitCodes } from './command.ts';
import type { Terminal } from './terminal.ts';

const exitCodeOf: Readonly<Record<ErrorKind, ExitCode>> = {
  request: exitCodes.badInput,
  retry: exitCodes.notMet,
  wait: exitCodes.notMet,
  repair: exitCodes.notMet,
  bug: exitCodes.failed,
};

export function reportError(thrown: unknown, terminal: Terminal, json: boolean): ExitCode {
  const error = toCopysetError(thrown);
  const { code, kind, message, hint, details } = error;
  if (json) {
    terminal.err(`${JSON.stringify({ error: { code, message, hint, details } })}\n`);
  } else {
    terminal.err(`copyset: ${message}\n  ${hint}\n`);
    if (kind === 'bug') terminal.err(`${originOf(error).stack}\n`);
  }
  return exitCodeOf[kind];
}

/** The error that a bug began as. */
function originOf(error: Error): Error {
  return error.cause instanceof Error ? originOf(error.cause) : error;
}
