import fc from 'fast-check';
import { expect, test } from 'vitest';
import { present } from '../assert.ts';
import { type Permit, Semaphore } from './semaphore.ts';

test('permits are handed out up to the capacity and come back once', async () => {
  const semaphore = new Semaphore('slots', 2, 0);
  const first = await semaphore.acquire();
  await semaphore.acquire();
  await expect(semaphore.acquire()).rejects.toMatchObject({ code: 'busy' });
  first.release();
  first.release();
  expect(semaphore.inUse).toBe(1);
});

test('using gives the permit back', async () => {
  const semaphore = new Semaphore('slots', 1, 0);
  {
    using permit = await semaphore.acquire();
    expect([permit !== undefined, semaphore.inUse]).toEqual([true, 1]);
  }
  expect(semaphore.inUse).toBe(0);
});

test('what can never fit is refused at once', async () => {
  const semaphore = new Semaphore('bytes', 10, 5);
  await expect(semaphore.acquire(11)).rejects.toMatchObject({ code: 'request.too_large' });
});

test('who waits for much is not overtaken by who wants little', async () => {
  const semaphore = new Semaphore('bytes', 10, 5);
  const held = await semaphore.acquire(6);
  const order: string[] = [];
  const large = semaphore.acquire(8).then((permit) => {
    order.push('large');
    return permit;
  });
  const small = semaphore.acquire(1).then(() => order.push('small'));
  expect(semaphore.tryAcquire(1)).toBeUndefined();
  held.release();
  (await large).release();
  await small;
  expect(order).toEqual(['large', 'small']);
});

test('a waiter that gives up makes room for those behind it', async () => {
  const semaphore = new Semaphore('bytes', 10, 5);
  await semaphore.acquire(6);
  const controller = new AbortController();
  const large = semaphore.acquire(8, { signal: controller.signal });
  const small = semaphore.acquire(4);
  controller.abort();
  await expect(large).rejects.toMatchObject({ code: 'request.aborted' });
  await small;
  expect([semaphore.inUse, semaphore.waiting]).toEqual([10, 0]);
  await expect(semaphore.acquire(1, { signal: controller.signal })).rejects.toMatchObject({ code: 'request.aborted' });
});

test('any order of taking, giving back and giving up keeps the books', async () => {
  const step = fc.record({ take: fc.integer({ min: 1, max: 6 }), next: fc.constantFrom('keep', 'release', 'abort') });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const semaphore = new Semaphore('units', 6, 1000);
      const held: Permit[] = [];
      for (const { take, next } of steps) {
        const controller = new AbortController();
        semaphore.acquire(take, controller).then(
          (permit) => held.push(permit),
          () => undefined, // aborted
        );
        if (next === 'abort') controller.abort();
        await Promise.resolve();
        if (next === 'release') held.shift()?.release();
        expect(semaphore.inUse).toBeLessThanOrEqual(semaphore.capacity);
      }
      while (semaphore.waiting > 0 || held.length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
        present(held.shift(), 'a permit while somebody waits').release();
      }
      await new Promise((resolve) => setImmediate(resolve));
      for (const permit of held) permit.release();
      expect(semaphore.inUse).toBe(0);
    }),
  );
});
