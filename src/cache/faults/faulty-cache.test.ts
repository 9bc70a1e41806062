import { beforeEach, describe, expect, test } from 'vitest';
import { nameBlock } from '../../base/block-name.ts';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { cacheConformance } from '../cache.conformance.ts';
import type { Cache } from '../cache.ts';
import { MemoryCache } from '../memory/memory-cache.ts';
import { withCacheFaults } from './faulty-cache.ts';

cacheConformance('the faults wrapper without faults', async (capacityBytes) => ({
  cache: withCacheFaults(new MemoryCache({ capacityBytes }), {
    schedule: new FaultSchedule({ seed: 1 }),
    clock: systemClock,
  }),
  dispose: async () => undefined,
}));

describe('the faults wrapper', () => {
  const bytes = utf8('a block');
  const name = nameBlock([bytes], 'blake3');
  let schedule: FaultSchedule;
  let cache: Cache;

  beforeEach(async () => {
    schedule = new FaultSchedule({ seed: 1, maxDelayMs: 5 });
    cache = withCacheFaults(new MemoryCache({ capacityBytes: 10_000 }), { schedule, clock: systemClock });
    await cache.put(name, bytes);
  });

  test('a tier that cannot be reached misses, keeps nothing, forgets nothing, and counts it', async () => {
    for (const operation of ['get', 'put', 'delete']) schedule.force(operation, 'error');
    expect(await cache.get(name)).toBeUndefined();
    await cache.delete(name);
    expect(await cache.get(name)).toEqual(bytes);
    await cache.put(nameBlock([utf8('other')], 'blake3'), utf8('other'));
    expect(cache.usage()).toMatchObject({ entries: 1, failures: 3 });
  });

  test('a full tier keeps nothing', async () => {
    schedule.force('put', 'full');
    await cache.put(nameBlock([utf8('other')], 'blake3'), utf8('other'));
    expect(cache.usage()).toMatchObject({ entries: 1, failures: 1 });
  });

  test('a hung call ends by its signal, a delayed one by itself', async () => {
    schedule.force('get', 'hang');
    const abort = new AbortController();
    const hung = cache.get(name, { signal: abort.signal });
    abort.abort();
    await expect(hung).rejects.toMatchObject({ code: 'request.aborted' });
    schedule.force('get', 'delay');
    expect(await cache.get(name)).toEqual(bytes);
  });

  test('a lie: bytes that are not those of the name', async () => {
    schedule.force('get', 'flip');
    expect(await cache.get(name)).not.toEqual(bytes);
    expect(await cache.get(name)).toEqual(bytes);
  });
});
