import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { pauseBefore, type Retrying, retry } from './retry.ts';

const policy = { maxAttempts: 5, firstPauseMs: 100, longestPauseMs: 1000 };
const throttled = (retryAfterMs?: number) =>
  new CopysetError('busy', 'slow down', {
    details: { status: 503, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  });

function patient(pauses: number[], more: Partial<Retrying> = {}): Retrying {
  const sleep = async (ms: number) => void pauses.push(ms);
  return { policy, clock: { ...systemClock, sleep }, random: seededRandom(1), isOver: () => false, ...more };
}

test('tries what passes again, as often as it may, and no more', async () => {
  let made = 0;
  const pauses: number[] = [];
  const attempt = async () => {
    made += 1;
    throw throttled();
  };
  await expect(retry(attempt, patient(pauses))).rejects.toMatchObject({ code: 'busy' });
  expect([made, pauses.length]).toEqual([5, 4]);
});

test('ends with the first success', async () => {
  let made = 0;
  const attempt = async () => {
    made += 1;
    if (made < 3) throw new CopysetError('closed', 'cut');
    return 'done';
  };
  expect(await retry(attempt, patient([]))).toBe('done');
  expect(made).toBe(3);
});

test.each(['not_found', 'access.denied', 'precondition_failed', 'disk.full', 'bug'] as const)(
  'does not repeat what ends in %s',
  async (code) => {
    const pauses: number[] = [];
    await expect(retry(() => Promise.reject(new CopysetError(code, 'no')), patient(pauses))).rejects.toThrow('no');
    expect(pauses).toEqual([]);
  },
);

test('our own bounds, and a call that is over, are no reason to try again', async () => {
  const pauses: number[] = [];
  const own = () => Promise.reject(new CopysetError('busy', 'too many wait'));
  await expect(retry(own, patient(pauses))).rejects.toThrow('too many wait');
  const over = patient(pauses, { isOver: () => true });
  await expect(retry(() => Promise.reject(throttled()), over)).rejects.toThrow('slow down');
  expect(pauses).toEqual([]);
});

test('pauses grow to the longest one, are random, and as long as was asked for', () => {
  const most = (made: number) =>
    pauseBefore(throttled(), made, { policy, random: { ...seededRandom(1), float: () => 1 } });
  expect([1, 2, 3, 4, 5, 60].map(most)).toEqual([100, 200, 400, 800, 1000, 1000]);
  const { random } = patient([]);
  const drawn = Array.from({ length: 50 }, () => pauseBefore(throttled(), 1, { policy, random }) as number);
  expect(Math.min(...drawn)).toBeLessThan(20);
  expect(Math.max(...drawn)).toBeGreaterThan(80);
  expect(pauseBefore(throttled(700), 1, { policy, random })).toBe(700);
  expect(pauseBefore(throttled(5000), 1, { policy, random })).toBeUndefined();
});
