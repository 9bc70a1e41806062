import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { MemoryBudget, type MemoryBudgetOptions } from './memory-budget.ts';

/** A clock that stands until it is moved, and whose sleepers wake by it. */
class StandingClock {
  #nowMs = 0;
  readonly wallMs = () => this.#nowMs;
  readonly monotonicMs = () => this.#nowMs;
  readonly sleep = (_: number, options?: { readonly signal?: AbortSignal | undefined }) =>
    systemClock.sleep(60_000, options);

  move(ms: number): void {
    this.#nowMs += ms;
  }
}

const clock = new StandingClock();
const budget = (more: Partial<MemoryBudgetOptions> = {}) =>
  new MemoryBudget({
    capacityBytes: 100,
    smallBytes: 5,
    keptForSmallBytes: 10,
    keptForLargeBytes: 40,
    clock,
    maxWaitMs: 1_000,
    ...more,
  });

test('what is given back is had by the next, once', async () => {
  const memory = budget();
  const first = await memory.acquire(90);
  const second = memory.acquire(60);
  expect([memory.inUse, memory.waiting]).toEqual([90, 1]);
  first.release();
  first.release();
  using _ = await second;
  expect([memory.inUse, memory.waiting]).toEqual([60, 0]);
});

test('what can never fit is refused at once', async () => {
  await expect(budget().acquire(91)).rejects.toMatchObject({ code: 'request.too_large' });
  await expect(budget().more(91)).rejects.toMatchObject({ code: 'request.too_large' });
});

test('who begins is refused at once when those before went slowly; who goes on waits', async () => {
  const memory = budget();
  const first = await memory.acquire(90);
  const second = memory.acquire(90);
  clock.move(900);
  first.release();
  const held = await second; // 10 ms a byte
  const third = memory.acquire(90);
  await expect(memory.acquire(30)).rejects.toMatchObject({ code: 'busy' });
  const onward = memory.more(30);
  expect(memory.waiting).toBe(2);
  held.release();
  (await third).release();
  (await onward).release();
  expect([memory.inUse, memory.waiting]).toEqual([0, 0]);
});

test('while nothing is known of the pace, no more wait than would fill the whole four times', async () => {
  const memory = budget();
  using _ = await memory.acquire(90);
  for (let at = 0; at < 5; at++) void memory.acquire(80);
  await expect(memory.acquire(20)).rejects.toMatchObject({ code: 'busy' });
  expect(memory.waiting).toBe(5);
});

test('whoever comes while the first has waited too long is refused', async () => {
  const memory = budget();
  using _ = await memory.acquire(90);
  void memory.more(6);
  clock.move(1_001);
  await expect(memory.acquire(6)).rejects.toMatchObject({ code: 'busy' });
});

test('who begins is told when its time is over', async () => {
  const memory = budget({ clock: systemClock, maxWaitMs: 10 });
  using _ = await memory.acquire(90);
  await expect(memory.acquire(90)).rejects.toMatchObject({ code: 'busy' });
  expect(memory.waiting).toBe(0);
});

test('who gives up makes room for those behind, and holds nothing', async () => {
  const memory = budget();
  using _ = await memory.acquire(60);
  const gone = new AbortController();
  const large = memory.acquire(50, gone);
  const next = memory.acquire(20);
  gone.abort();
  await expect(large).rejects.toMatchObject({ code: 'request.aborted' });
  using __ = await next;
  expect([memory.inUse, memory.waiting]).toEqual([80, 0]);
  await expect(memory.more(1, gone)).rejects.toMatchObject({ code: 'request.aborted' });
});

test('who gives up in the moment of its turn holds nothing', async () => {
  const memory = budget();
  const held = await memory.acquire(60);
  const gone = new AbortController();
  const waits = memory.acquire(60, gone);
  gone.abort();
  held.release();
  await expect(waits).rejects.toMatchObject({ code: 'request.aborted' });
  expect(memory.inUse).toBe(0);
});

test('what can be left undone has its memory at once or not at all, and is in nobody’s way', async () => {
  const memory = budget();
  const first = memory.tryAcquire(60);
  expect([first === undefined, memory.tryAcquire(60), memory.tryAcquire(1000), memory.inUse]).toEqual([
    false,
    undefined,
    undefined,
    60,
  ]);
  const waiting = memory.more(50);
  expect(memory.tryAcquire(10)).toBeUndefined(); // somebody waits for it
  first?.release();
  (await waiting).release();
  expect([memory.inUse, memory.waiting]).toEqual([0, 0]);
});
