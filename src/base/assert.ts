/** Why: programmer errors stop the work at once, in production too; operating errors are values of base/errors.ts. */
import { CopysetError } from './errors.ts';

/** Throws a `bug` error when the condition does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new CopysetError('bug', `assertion failed: ${message}`);
}

/** The value, asserted to be present. */
export function present<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `${what} is missing`);
  return value;
}

/** For the end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new CopysetError('bug', `unexpected case: ${JSON.stringify(value)}`);
}
