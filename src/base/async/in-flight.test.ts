import { expect, test } from 'vitest';
import { InFlight } from './in-flight.ts';

test('work in flight settles as it does, and is waited for until then', async () => {
  const inFlight = new InFlight();
  const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const events: string[] = [];
  const works = [inFlight.track(first.promise), inFlight.track(second.promise)];
  const settled = inFlight.settled().then(() => events.push('settled'));
  second.reject(new RangeError('lost'));
  await expect(works[1]).rejects.toThrow('lost');
  events.push('failed');
  first.resolve(1);
  expect(await works[0]).toBe(1);
  await settled;
  expect(events).toEqual(['failed', 'settled']);
  await inFlight.settled();
});
