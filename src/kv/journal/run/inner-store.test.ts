import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { FaultSchedule } from '../../../base/fault-schedule.ts';
import { withStagingKvFaults } from '../../faults/faulty-kv.ts';
import { MemoryKv } from '../../memory/memory-kv.ts';
import { keysOf, Machine, statesOf } from '../simulation/machine.conformance.ts';

/** A store over a catalog that fails when the test says so. */
async function overFaultyCatalog() {
  const machine = new Machine(3, { tendMs: 100 });
  const schedule = new FaultSchedule({ seed: 1 });
  const { random, file, clock } = machine;
  const inner = withStagingKvFaults(new MemoryKv({ random, file }), { schedule, clock });
  const kv = await machine.open({ inner });
  await machine.put(kv, 'key 1');
  return { machine, schedule, kv };
}

describe('a catalog that fails', () => {
  test('when it evaluates a batch: nothing happened', async () => {
    const { machine, schedule, kv } = await overFaultyCatalog();
    schedule.force('stage', 'full');
    await expect(machine.put(kv, 'key 2')).rejects.toMatchObject({ code: 'disk.full' });
    expect(kv.journalStatus()).toMatchObject({ revision: 1, readOnly: undefined });
    await machine.put(kv, 'key 3');
    expect(await keysOf(kv)).toEqual(['key 1', 'key 3']);
  });

  test('when it accepts a batch that the journals have: in doubt until a recovery replays it', async () => {
    const { machine, schedule, kv } = await overFaultyCatalog();
    schedule.force('accept', 'full');
    for (const nth of [1, 2]) schedule.force('apply', 'full', nth);
    await expect(machine.put(kv, 'key 2')).rejects.toMatchObject({ code: 'kv.unknown_outcome' });
    await expect(machine.put(kv, 'refused')).rejects.toMatchObject({ code: 'disk.full' });
    await machine.untilTrue(() => kv.journalStatus().readOnly === undefined);
    await machine.put(kv, 'key 3');
    expect(await keysOf(kv)).toEqual(['key 1', 'key 2', 'key 3']);
  });

  test('when a journal wants a snapshot: no journal is blamed', async () => {
    const { machine, schedule, kv } = await overFaultyCatalog();
    machine.disk(1).schedule.force('sync', 'error');
    await machine.put(kv, 'key 2');
    schedule.force('snapshot', 'error');
    await machine.time.until(machine.clock.sleep(150), 1000);
    expect(statesOf(kv)).toEqual(['ok', 'failed', 'ok']);
    await machine.untilTrue(() => statesOf(kv)[1] === 'ok');
  });

  test('when it is full: only commits that delete are taken', async () => {
    const machine = new Machine(1);
    const { random, file, clock } = machine;
    const healthy = withStagingKvFaults(new MemoryKv({ random, file }), {
      schedule: new FaultSchedule({ seed: 1 }),
      clock,
    });
    const kv = await machine.open({ inner: { ...healthy, isFull: true } });
    await expect(machine.put(kv, 'key')).rejects.toMatchObject({ code: 'disk.full' });
    await machine.until(kv.commit({ delete: [utf8('key')] }));
    expect(kv.journalStatus().isFull).toBe(true);
  });
});
