import { expect, test } from 'vitest';
import { AddressLanes } from './address-lanes.ts';

test('work in one lane waits for what came before, failed or not; other lanes do not', async () => {
  const lanes = new AddressLanes();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const events: string[] = [];
  const works = [
    lanes.run('a', () => first.promise),
    lanes.run('a', async () => void events.push('a2')),
    lanes.run('b', () => second.promise),
    lanes.run('b', async () => void events.push('b2')),
  ];
  second.resolve();
  await works[3];
  expect(events).toEqual(['b2']);
  first.reject(new RangeError('lost'));
  await expect(works[0]).rejects.toThrow('lost');
  await works[1];
  expect(events).toEqual(['b2', 'a2']);
  expect(await lanes.run('a', async () => 'free again')).toBe('free again');
});
