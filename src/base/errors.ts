/**
 * Why: every failure must tell its caller what to do, so there are few kinds and one table of codes. A code is frozen
 * once released: logs, alerts and clients match on it. docs/reference/errors.md lists the table (a test holds both
 * equal).
 */

/** What the caller does next: fix the request, retry at once, wait for room or recovery, repair data, report a bug. */
export type ErrorKind = 'request' | 'retry' | 'wait' | 'repair' | 'bug';

type CodeEntry = { readonly kind: ErrorKind; readonly hint: string };

/** All error codes. The hint is shown to operators behind the message. */
export const errorCodes = {
  'request.invalid': { kind: 'request', hint: 'correct the named argument' },
  'request.too_large': { kind: 'request', hint: 'send less, or raise the named limit' },
  'request.digest_mismatch': { kind: 'request', hint: 'the bytes that came are not those announced; send them again' },
  'request.aborted': { kind: 'retry', hint: 'the caller or a deadline gave up; send it again' },
  not_found: { kind: 'request', hint: 'check the name; list what exists' },
  already_exists: { kind: 'request', hint: 'choose another name, or use what exists' },
  not_empty: { kind: 'request', hint: 'delete what it holds first' },
  precondition_failed: { kind: 'request', hint: 'read the current state and decide again' },
  'access.denied': { kind: 'request', hint: 'use an identity that may do this' },
  conflict: { kind: 'retry', hint: 'somebody else changed the same record; try again' },
  busy: { kind: 'wait', hint: 'the named limit is reached; slow down and try again' },
  timeout: { kind: 'retry', hint: 'the outcome is unknown; read before you repeat what is not idempotent' },
  closed: { kind: 'retry', hint: 'the service is stopping; try again after its restart' },
  not_serving: { kind: 'wait', hint: 'start it, for instance with `copyset dev`' },
  read_only: { kind: 'wait', hint: 'see `copyset status` for what is missing; writes resume by themselves' },
  'disk.full': { kind: 'wait', hint: 'free space or add a volume; deletes still work' },
  'disk.io': { kind: 'repair', hint: 'check the device and its cable; the volume is retired and healed elsewhere' },
  'disk.not_found': { kind: 'request', hint: 'the path does not exist' },
  'disk.exists': { kind: 'request', hint: 'the path exists already' },
  'volume.gone': { kind: 'repair', hint: 'bring the path back, or let repair replace the volume' },
  'volume.retired': {
    kind: 'repair',
    hint: 'a sync failed: what it holds is suspect; its blocks are healed elsewhere',
  },
  'volume.locked': { kind: 'request', hint: 'another process serves this directory; stop it first' },
  'volume.foreign': { kind: 'request', hint: 'this directory belongs to another store or volume; check the path' },
  'format.unknown_version': { kind: 'request', hint: 'written by a newer program; use that version or newer' },
  'format.damaged': {
    kind: 'repair',
    hint: 'the bytes on disk fail their checksum; repair copies them from elsewhere',
  },
  'block.damaged': { kind: 'repair', hint: 'this copy fails its hash; another copy is used and this one repaired' },
  'block.missing': { kind: 'repair', hint: 'no copy here; another copy is used and this one repaired' },
  'block.unavailable': { kind: 'repair', hint: 'no good copy can be reached; bring back one of the named volumes' },
  'write.not_durable': { kind: 'wait', hint: 'fewer than W volumes took the block; see `copyset status`' },
  'kv.compacted': { kind: 'repair', hint: 'the log no longer reaches back so far; resynchronise from a full scan' },
  'kv.unreachable': {
    kind: 'wait',
    hint: "the catalog's engine does not answer; check its endpoints and its majority",
  },
  'kv.unknown_outcome': { kind: 'retry', hint: 'the commit may or may not have happened; read before you repeat' },
  'journal.missing': { kind: 'repair', hint: 'bring back the named volumes; the store goes on by itself' },
  'journal.damaged': { kind: 'repair', hint: 'bring back a volume with an intact journal' },
  'catalog.damaged': { kind: 'repair', hint: 'run `copyset catalog rebuild`' },
  unsupported: { kind: 'request', hint: 'this version does not support it' },
  bug: { kind: 'bug', hint: 'please report this with the log' },
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * The only error class of the project. `message` says what happened to what; the code says which case; the kind what to
 * do.
 */
export class CopysetError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CopysetError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get kind(): ErrorKind {
    return errorCodes[this.code].kind;
  }

  get hint(): string {
    return errorCodes[this.code].hint;
  }
}

/** True when `error` is ours and carries one of `codes` (any code when none is given). */
export function isCopysetError(error: unknown, ...codes: readonly ErrorCode[]): error is CopysetError {
  return error instanceof CopysetError && (codes.length === 0 || codes.includes(error.code));
}

/** For failures that change nothing for the caller: passes them over, bugs excepted. */
export function throwIfBug(error: unknown): void {
  if (toCopysetError(error).kind === 'bug') throw error;
}

/** Wraps whatever was thrown: ours passes through, an abort becomes `request.aborted`, anything else is a bug. */
export function toCopysetError(error: unknown): CopysetError {
  if (error instanceof CopysetError) return error;
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return new CopysetError('request.aborted', error.message, { cause: error });
  }
  return new CopysetError('bug', error instanceof Error ? error.message : String(error), { cause: error });
}
