import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { newTurns } from './turns.ts';

const limits = { capacityBytes: 100, leastBytes: 10, longestMs: 1000 };

/** A clock whose sleepers wake when the test says so. */
function bench() {
  const wake: (() => void)[] = [];
  const sleep = (_ms: number, { signal }: { signal?: AbortSignal | undefined } = {}) =>
    new Promise<void>((resolve, reject) => {
      wake.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  return { turns: newTurns(limits, { ...systemClock, sleep }), wake };
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
  const { turns } = bench();
  const first = await turns.take(60);
  const second = turns.take(60);
  const third = turns.take(40);
  expect([await isSettled(second), await isSettled(third)]).toEqual([false, false]);
  first.release();
  first.release();
  expect([await isSettled(second), await isSettled(third)]).toEqual([true, true]);
  expect(await isSettled(turns.take(10))).toBe(false);
});

test('what is short needs no turn, what is longer than all takes all', async () => {
  const { turns } = bench();
  const all = await turns.take(1_000_000);
  expect(await isSettled(turns.take(9))).toBe(true);
  const next = turns.take(10);
  expect(await isSettled(next)).toBe(false);
  all.release();
  expect(await isSettled(next)).toBe(true);
});

test('the turn of who is slow counts as over, once', async () => {
  const { turns, wake } = bench();
  const slow = await turns.take(100);
  const next = turns.take(100);
  wake[0]?.();
  expect(await isSettled(next)).toBe(true);
  slow.release();
  expect(await isSettled(turns.take(100))).toBe(false);
});

test('who gives up waiting is passed over', async () => {
  const { turns } = bench();
  const first = await turns.take(100);
  const leaving = new AbortController();
  const gone = turns.take(100, leaving);
  const next = turns.take(100);
  leaving.abort();
  await expect(gone).rejects.toMatchObject({ code: 'request.aborted' });
  first.release();
  expect(await isSettled(next)).toBe(true);
});
