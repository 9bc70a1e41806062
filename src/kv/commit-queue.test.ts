import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { CommitQueue, type CommitQueueLimits } from './commit-queue.ts';
import type { Commit, CommitResult } from './kv.ts';

const limits = { maxQueuedCommits: 10, maxQueuedBytes: 1000, maxBatchCommits: 4, maxBatchBytes: 100 };
const commit = (bytes: number): Commit => ({ put: [{ key: utf8('k'), value: new Uint8Array(bytes - 1) }] });

/** A queue with a commit of 10 bytes under way, which ends, as all after it, when the test opens the gate. */
async function busyQueue(some: Partial<CommitQueueLimits> = {}) {
  const batches: number[] = [];
  const gate = Promise.withResolvers<void>();
  const run = async (commits: readonly Commit[]): Promise<readonly CommitResult[]> => {
    const before = batches.reduce((sum, size) => sum + size, 0);
    batches.push(commits.length);
    await (batches.length === 1 ? gate.promise : undefined);
    return commits.map((_, at) => ({ committed: true, revision: before + at + 1 }));
  };
  const queue = new CommitQueue({ limits: { ...limits, ...some }, run });
  const first = queue.submit(commit(10));
  await new Promise(setImmediate);
  return { queue, batches, first, gate };
}

describe('the queue of commits', () => {
  test('what arrives during a batch forms the next ones, in order, bounded in commits', async () => {
    const { queue, batches, first, gate } = await busyQueue();
    const results = [first, ...Array.from({ length: 7 }, () => queue.submit(commit(10)))];
    gate.resolve();
    const revisions = (await Promise.all(results)).map((result) => result.committed && result.revision);
    expect(revisions).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(batches).toEqual([1, 4, 3]);
    await queue.idle();
  });

  test('a batch is bounded in bytes, and one commit alone always fits', async () => {
    const { queue, batches, gate } = await busyQueue();
    const results = [60, 40, 1, 500, 5].map((bytes) => queue.submit(commit(bytes)));
    gate.resolve();
    await Promise.all(results);
    expect(batches).toEqual([1, 2, 1, 1, 1]);
  });

  test.each([
    ['bytes', { maxQueuedBytes: 300 }, 3],
    ['commits', { maxQueuedCommits: 3 }, 3],
  ])('beyond its bound of %s it is busy, until there is room', async (_, bound, fitting) => {
    const { queue, gate } = await busyQueue(bound);
    const waiting = Array.from({ length: fitting }, () => queue.submit(commit(100)));
    await expect(queue.submit(commit(1))).rejects.toMatchObject({ code: 'busy' });
    gate.resolve();
    await Promise.all(waiting);
    expect(await queue.submit(commit(100))).toMatchObject({ committed: true });
  });

  test('one given up while it waits is left out', async () => {
    const { queue, batches, first, gate } = await busyQueue();
    const abort = new AbortController();
    const waiting = queue.submit(commit(1), { signal: abort.signal });
    const last = queue.submit(commit(1));
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'request.aborted' });
    gate.resolve();
    expect(await Promise.all([first, last])).toHaveLength(2);
    expect(batches).toEqual([1, 1]);
  });

  test('a batch that fails fails for all in it, and the next goes on', async () => {
    const { queue, first, gate } = await busyQueue();
    const second = queue.submit(commit(1));
    gate.reject(new CopysetError('disk.full', 'no room'));
    await expect(first).rejects.toMatchObject({ code: 'disk.full' });
    expect(await second).toMatchObject({ committed: true });
  });
});
