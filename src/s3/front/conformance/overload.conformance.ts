/** Why: how every front bears more than can be done. */
import { describe, expect, test } from 'vitest';
import type { RawConnection, RawResponse } from '../../../../test/support/raw-http.ts';
import { type Ask, errorCode, type StartDoor, type TestDoor } from '../../../../test/support/s3-door.ts';
import { systemClock } from '../../../base/clock.ts';
import { FaultSchedule } from '../../../base/fault-schedule.ts';
import { seededRandom } from '../../../base/random.ts';
import { withKvFaults } from '../../../kv/faults/faulty-kv.ts';
import { MemoryKv } from '../../../kv/memory/memory-kv.ts';

const MiB = 2 ** 20;
const large = (key: string): Ask => ({
  method: 'PUT',
  target: `/bucket/${key}`,
  headers: [
    ['content-length', String(4 * MiB)],
    ['expect', '100-continue'],
  ],
  payload: 'UNSIGNED-PAYLOAD',
});

async function begin(door: TestDoor, ask: Ask): Promise<RawConnection> {
  const connection = await door.connect();
  connection.sendHead(ask.method, ask.target, door.sign(ask).headers);
  return connection;
}

const whatIsRefused = ({ status, headers, body, interim }: RawResponse) => [
  status,
  errorCode({ text: body.toString() }),
  headers.get('retry-after'),
  interim,
];
const slowDown = [503, 'SlowDown', '1', []];

const moreThanIsDoneInTime = (startTestDoor: StartDoor) =>
  test('more than is done in time is refused before its body, until there is less', async () => {
    const schedule = new FaultSchedule({ seed: 1 });
    const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule, clock: systemClock });
    await using door = await startTestDoor({ kv, limits: { leastUnderWay: 2 } });
    schedule.force('commit', 'hang');
    schedule.force('commit', 'hang', 2);
    const hung = [door.put('/bucket/a', 'a'), door.put('/bucket/b', 'b')];
    while ((schedule.fired.get('commit:hang') ?? 0) < 2) await systemClock.sleep(5);
    expect(whatIsRefused(await (await begin(door, large('c'))).receive())).toEqual(slowDown);
    expect((await door.get('/')).status).toBe(503);
    expect(door.records[0]).toMatchObject({ code: 'SlowDown', error: { code: 'busy' }, receivedBytes: 0 });
    schedule.release();
    expect((await Promise.all(hung)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await door.put('/bucket/c', 'c')).status).toBe(200);
  });

const whoAsksAgainAtOnce = (startTestDoor: StartDoor) =>
  test('who asks again at once, on the same connection, is heard after a rest', async () => {
    const schedule = new FaultSchedule({ seed: 1 });
    const kv = withKvFaults(new MemoryKv({ random: seededRandom(1) }), { schedule, clock: systemClock });
    await using door = await startTestDoor({ kv, limits: { leastUnderWay: 1, refusedRestMs: 200 } });
    schedule.force('commit', 'hang');
    const hung = door.put('/bucket/a', 'a');
    while ((schedule.fired.get('commit:hang') ?? 0) < 1) await systemClock.sleep(5);
    const connection = await begin(door, { method: 'GET', target: '/' });
    expect(whatIsRefused(await connection.receive())).toEqual(slowDown);
    const refusedAtMs = systemClock.monotonicMs();
    schedule.release();
    await hung;
    const again: Ask = { method: 'GET', target: '/bucket/a' };
    connection.sendHead(again.method, again.target, door.sign(again).headers);
    expect((await connection.receive()).body.toString()).toBe('a');
    expect(systemClock.monotonicMs() - refusedAtMs).toBeGreaterThan(150);
  });

const clientsThatAreWaitedFor = (startTestDoor: StartDoor) =>
  test('clients that are waited for keep nobody out', async () => {
    await using door = await startTestDoor({ limits: { leastUnderWay: 2 } });
    const slow = await Promise.all(['a', 'b', 'c'].map((key) => begin(door, { ...large(key), body: '' })));
    for (const connection of slow) connection.send('x');
    await systemClock.sleep(50);
    expect((await door.put('/bucket/small', 'small')).status).toBe(200);
    for (const connection of slow) connection.end();
  });

const fullMemory = (startTestDoor: StartDoor) =>
  describe('while all memory is taken by large bodies', () => {
    const memory = { memoryBytes: 2 * MiB, smallBytes: MiB / 16, keptForSmallBytes: MiB, maxWaitMs: 50 };

    test('a large one is refused before it was read, a small one is served', async () => {
      await using door = await startTestDoor({ memory });
      const slow = await begin(door, large('slow'));
      while (door.site.context.memory.inUse === 0) await systemClock.sleep(5);
      expect(whatIsRefused(await (await begin(door, large('next'))).receive())).toEqual(slowDown);
      expect((await door.put('/bucket/small', 'small')).status).toBe(200);
      expect((await door.get('/bucket/small')).text).toBe('small');
      slow.send(Buffer.alloc(4 * MiB, 'x'));
      expect((await slow.receive()).status).toBe(200);
      expect(door.site.context.memory.inUse).toBe(0);
    });

    test('one that comes unasked waits for its turn', async () => {
      await using door = await startTestDoor({ memory: { ...memory, maxWaitMs: 60_000 } });
      const slow = await begin(door, large('slow'));
      while (door.site.context.memory.inUse === 0) await systemClock.sleep(5);
      const { headers = [], ...rest } = large('next');
      const eager = await begin(door, { ...rest, headers: headers.slice(0, 1) });
      eager.send(Buffer.alloc(4 * MiB, 'y'));
      await systemClock.sleep(100);
      expect([door.site.context.memory.waiting, door.site.context.memory.inUse]).toEqual([1, MiB]);
      slow.send(Buffer.alloc(4 * MiB, 'x'));
      expect([(await slow.receive()).status, (await eager.receive()).status]).toEqual([200, 200]);
    });
  });

const manyLargeBodies = (startTestDoor: StartDoor) =>
  test('many large bodies take turns block by block, and all come whole', async () => {
    await using door = await startTestDoor({ memory: { turnBytes: MiB } });
    const bodies = Array.from({ length: 6 }, (_, at) => seededRandom(at).bytes(3.3 * MiB));
    const replies = await Promise.all(bodies.map((body, at) => door.put(`/bucket/${at}`, body)));
    expect(replies.map(({ status }) => status)).toEqual(bodies.map(() => 200));
    for (const [at, body] of bodies.entries()) {
      expect((await door.get(`/bucket/${at}`)).body.equals(body)).toBe(true);
    }
    expect(door.site.context.memory.inUse).toBe(0);
  });

export function overloadConformance(startTestDoor: StartDoor): void {
  describe('under more than can be done', () => {
    moreThanIsDoneInTime(startTestDoor);
    whoAsksAgainAtOnce(startTestDoor);
    clientsThatAreWaitedFor(startTestDoor);
    fullMemory(startTestDoor);
    manyLargeBodies(startTestDoor);
  });
}
