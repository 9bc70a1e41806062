import { beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { seededRandom } from '../../base/random.ts';
import { kvConformance } from '../kv.conformance.ts';
import { MemoryKv } from '../memory/memory-kv.ts';
import { stagingConformance } from '../staging.conformance.ts';
import type { StagingKv } from '../staging.ts';
import { withKvFaults, withStagingKvFaults } from './faulty-kv.ts';

const newStore = () => new MemoryKv({ random: seededRandom(1) });
const noFaults = () => ({ schedule: new FaultSchedule({ seed: 1 }), clock: systemClock });

kvConformance('the faults wrapper without faults', async () => withKvFaults(newStore(), noFaults()), {
  dense: true,
  runs: 20,
});
stagingConformance('the faults wrapper without faults', async () => withStagingKvFaults(newStore(), noFaults()), {
  runs: 10,
});

const key = utf8('key');
const put = { put: [{ key, value: utf8('value') }] };

describe('the faults wrapper', () => {
  let store: MemoryKv;
  let schedule: FaultSchedule;
  let kv: StagingKv;

  beforeEach(() => {
    store = newStore();
    schedule = new FaultSchedule({ seed: 1, maxDelayMs: 5 });
    kv = withStagingKvFaults(store, { schedule, clock: systemClock });
  });

  const revision = async () => (await store.status()).revision;

  test.each<[string, () => Promise<unknown>]>([
    ['get', () => kv.get(key)],
    ['range', () => kv.range({ from: key, limit: 1 })],
    ['commit', () => kv.commit(put)],
    ['changes', () => kv.changes(0, 1)],
    ['trim', () => kv.trim(0)],
    ['status', () => kv.status()],
    ['stage', () => kv.stage([put]).then((batch) => batch.discard())],
    ['apply', () => kv.apply([])],
    ['snapshot', () => kv.snapshot()],
    ['restore', async () => kv.restore(await newStore().snapshot())],
  ])('%s can fail, and nothing happened', async (operation, call) => {
    schedule.force(operation, 'error');
    await expect(call()).rejects.toMatchObject({ code: 'kv.unreachable' });
    expect(await revision()).toBe(0);
    await call();
    expect(schedule.fired.get(`${operation}:error`)).toBe(1);
  });

  test('a commit whose answer is lost happened, or did not', async () => {
    schedule.force('commit', 'torn');
    await expect(kv.commit(put)).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    expect(await revision()).toBe(0);
    schedule.force('commit', 'unknown');
    await expect(kv.commit(put)).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    expect(await revision()).toBe(1);
  });

  test('without room nothing happens, an accepted batch included', async () => {
    schedule.force('commit', 'full');
    await expect(kv.commit(put)).rejects.toMatchObject({ code: 'disk.full' });
    const batch = await kv.stage([put]);
    schedule.force('accept', 'full');
    await expect(batch.accept()).rejects.toMatchObject({ code: 'disk.full' });
    expect(await kv.commit(put)).toEqual({ committed: true, revision: 1 });
  });

  test('a delayed commit happens later; a hung one when it is released, even if nobody waits', async () => {
    schedule.force('commit', 'delay');
    expect(await kv.commit(put)).toEqual({ committed: true, revision: 1 });
    schedule.force('commit', 'hang');
    const abort = new AbortController();
    const hung = kv.commit(put, { signal: abort.signal });
    abort.abort();
    await expect(hung).rejects.toMatchObject({ code: 'request.aborted' });
    expect(await revision()).toBe(1);
    schedule.release();
    await systemClock.sleep(1);
    expect(await revision()).toBe(2);
  });
});
