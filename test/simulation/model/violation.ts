/** Why: a broken promise of the store is told apart from a failure that the store may have. */
import { isCopysetError } from '../../../src/base/errors.ts';

export class Violation extends Error {
  static {
    Violation.prototype.name = 'Violation';
  }
}

/** The server was killed while somebody waited for it. */
export class Killed extends Error {}

/** Passes errors that a store in trouble may give; a request that was right is never refused as wrong. */
export function expectExcuse(error: unknown, what: string): void {
  if (error instanceof Killed) return;
  if (isCopysetError(error) && error.kind !== 'bug' && error.kind !== 'request') return;
  throw error instanceof Violation
    ? error
    : new Violation(`${what} failed with no excuse: ${String(error)}`, { cause: error });
}
