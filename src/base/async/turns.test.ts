import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import type { CallOptions } from './abort.ts';
import { newTurns } from './turns.ts';

const limits = { capacityBytes: 100, leastBytes: 10, longestMs: { client: 1000, disks: 9000 } };

/** A clock whose sleepers wake when the test says so. */
function bench() {
  const wake: (() => void)[] = [];
  const sleptMs: number[] = [];
  const sleep = (ms: number, { signal }: { signal?: AbortSignal | undefined } = {}) =>
    new Promise<void>((resolve, reject) => {
      wake.push(resolve);
      sleptMs.push(ms);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const turns = newTurns(limits, { ...systemClock, sleep });
  const take = (bytes: number, options?: CallOptions) =>
    turns.take(bytes, { signal: options?.signal, waitsFor: 'client' });
  return { take, wake, sleptMs };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(
    () => {
      settled = true;
    },
    () => undefined,
  );
  for (let passed = 0; passed < 10; passed++) await Promise.resolve();
  return settled;
}

test('what does not fit waits until a turn is over, in order', async () => {
  const { take } = bench();
  const first = await take(60);
  const second = take(60);
  const third = take(40);
  expect([await isSettled(second), await isSettled(third)]).toEqual([false, false]);
  first.release();
  first.release();
  expect([await isSettled(second), await isSettled(third)]).toEqual([true, true]);
  expect(await isSettled(take(10))).toBe(false);
});

test('what is short needs no turn, what is longer than all takes all', async () => {
  const { take } = bench();
  const all = await take(1_000_000);
  expect(await isSettled(take(9))).toBe(true);
  const next = take(10);
  expect(await isSettled(next)).toBe(false);
  all.release();
  expect(await isSettled(next)).toBe(true);
});

test('the turn of who is slow counts as over, once', async () => {
  const { take, wake } = bench();
  const slow = await take(100);
  const next = take(100);
  wake[0]?.();
  expect(await isSettled(next)).toBe(true);
  slow.release();
  expect(await isSettled(take(100))).toBe(false);
});

test('what else it waits for then, it waits for anew', async () => {
  const { take, wake, sleptMs } = bench();
  const one = await take(100);
  one.waitFor('disks');
  expect(sleptMs).toEqual([limits.longestMs.client, limits.longestMs.disks]);
  const next = take(100);
  wake[0]?.(); // of what it waited for before
  expect(await isSettled(next)).toBe(false);
  wake[1]?.();
  expect(await isSettled(next)).toBe(true);
});

test('who gives up waiting is passed over', async () => {
  const { take } = bench();
  const first = await take(100);
  const leaving = new AbortController();
  const gone = take(100, leaving);
  const next = take(100);
  leaving.abort();
  await expect(gone).rejects.toMatchObject({ code: 'request.aborted' });
  first.release();
  expect(await isSettled(next)).toBe(true);
});
