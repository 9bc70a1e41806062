/** Why: what shares a resource must have ended before anyone learns that a part of it failed. */

/** Waits for every one; then rejects as the first in order that rejected, or resolves with all values. */
export async function allDone<T extends readonly Promise<unknown>[] | []>(works: T): Promise<Results<T>> {
  const values: unknown[] = [];
  for (const result of await Promise.allSettled<unknown>(works as readonly Promise<unknown>[])) {
    if (result.status === 'rejected') throw result.reason;
    values.push(result.value);
  }
  return values as Results<T>;
}

type Results<T extends readonly unknown[]> = { -readonly [At in keyof T]: Awaited<T[At]> };
