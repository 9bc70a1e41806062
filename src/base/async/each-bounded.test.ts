import { expect, it } from 'vitest';
import { eachBounded } from './each-bounded.ts';

async function* numbers(count: number) {
  for (let at = 0; at < count; at++) yield at;
}

it('works on all, never more at once than the bounds say', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await eachBounded(numbers(50), { atOnce: 8, maxBytes: 30, bytesOf: () => 10 }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    done.push(item);
    running -= 1;
  });
  expect(done).toHaveLength(50);
  expect(most).toBe(3);
});

it('takes an item that is larger than the bound alone', async () => {
  const done: number[] = [];
  await eachBounded(numbers(3), { atOnce: 2, maxBytes: 5, bytesOf: () => 100 }, async (item) => void done.push(item));
  expect(done).toEqual([0, 1, 2]);
});

it('rejects with the first failure, after what had begun is settled', async () => {
  let settled = 0;
  const work = async (item: number) => {
    await new Promise((resolve) => setImmediate(resolve));
    settled += 1;
    if (item === 2) throw new Error('the third');
  };
  await expect(eachBounded(numbers(10), { atOnce: 4, maxBytes: 100, bytesOf: () => 1 }, work)).rejects.toThrow(
    'the third',
  );
  expect(settled).toBeLessThan(10);
});

it('ends when it is given up', async () => {
  const stop = new AbortController();
  const work = async () => stop.abort();
  await expect(
    eachBounded(numbers(10), { atOnce: 1, maxBytes: 1, bytesOf: () => 1 }, work, { signal: stop.signal }),
  ).rejects.toMatchObject({ code: 'request.aborted' });
});
