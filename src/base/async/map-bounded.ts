/** Why: work on many items at once is bounded; the first failure ends it, after what had begun is settled. */

/** Results in the order of the items; at most `limit` calls of `work` run at the same time. */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const pending = items.entries();
  const worker = async () => {
    for (const [at, item] of pending) results[at] = await work(item, at);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results;
}
