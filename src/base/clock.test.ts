import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { type Clock, deadline, systemClock } from './clock.ts';

/** Sleeps end when the test says so. */
function stoppedClock(): Clock & { tick(): void } {
  const wake = Promise.withResolvers<void>();
  return { ...systemClock, sleep: () => wake.promise, tick: wake.resolve };
}

test('monotonic time does not step back, wall time is that of the machine', () => {
  const before = systemClock.monotonicMs();
  expect(systemClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  expect(Math.abs(systemClock.wallMs() - Date.now())).toBeLessThan(1000);
});

test('sleep ends by itself, or at once when it is aborted', async () => {
  await systemClock.sleep(1);
  const controller = new AbortController();
  const slept = systemClock.sleep(60_000, { signal: controller.signal });
  controller.abort();
  await expect(slept).rejects.toMatchObject({ code: 'request.aborted' });
});

test('a deadline aborts with a timeout that names the work', async () => {
  const clock = stoppedClock();
  using limit = deadline(clock, 5, 'the put');
  expect(limit.signal.aborted).toBe(false);
  clock.tick();
  await Promise.resolve();
  expect(limit.signal.reason).toMatchObject({ code: 'timeout', message: 'the put did not finish within 5 ms' });
});

test('a deadline that was disposed never aborts and holds no timer', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const limit = deadline(systemClock, 60_000, 'the put');
  expect(timers()).toBe(before + 1);
  limit[Symbol.dispose]();
  await new Promise((resolve) => setImmediate(resolve));
  expect([limit.signal.aborted, timers()]).toEqual([false, before]);
});

test('a deadline aborts with its parent as well', () => {
  const parent = new AbortController();
  using limit = deadline(systemClock, 60_000, 'the put', parent);
  parent.abort('over');
  expect(limit.signal.reason).toBe('over');
});

test('a sleep that ended holds no listener; one that begins too late ends at once', async () => {
  const { signal } = new AbortController();
  await systemClock.sleep(1, { signal });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  await expect(systemClock.sleep(60_000, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'request.aborted',
  });
});
