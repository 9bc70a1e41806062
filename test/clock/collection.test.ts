/**
 * Why: the collector tells garbage from what is on its way by age, so whoever sets the clock must not make anything
 * older. The same history by the clock that people set shows what the steady one is there for.
 */
import { expect, test } from 'vitest';
import { type Clock, steadyClock } from '../../src/base/clock.ts';
import { Stamps } from '../../src/catalog/stamps.ts';
import { collectGarbage } from '../../src/object/collect/collector.ts';
import { createObjectStore } from '../../src/object/object-store.ts';
import type { Body } from '../../src/object/store.ts';
import { bodyOf, readAll } from '../support/bodies.ts';
import { bytesOf } from '../support/load/content.ts';
import { startMemorySite } from '../support/memory-site.ts';
import { SimTime } from '../support/sim-clock.ts';
import { noHeaders } from '../support/site-blocks.ts';
import { hourMs } from './fake-clock.ts';

const bodyBytes = 64 * 1024;
const lastAtByte = 40 * 1024;
const jumpsHours = [3, -3, -3, 3, 3, 3, -6];

/** A clock that is set by hours while time passes as it does. */
function settable(clock: Clock): { readonly clock: Clock; set(hours: number): void } {
  let aheadMs = 0;
  return {
    clock: {
      wallMs: () => clock.wallMs() + aheadMs,
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms, options) => clock.sleep(ms, options),
    },
    set: (hours) => {
      aheadMs += hours * hourMs;
    },
  };
}

/** A body whose end comes when it is let through. */
function slowBody(bytes: Uint8Array): { readonly body: Body; readonly isUnderWay: Promise<void>; end(): void } {
  const [underWay, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const whole = bodyOf(bytes);
  async function* slabs() {
    let sent = 0;
    for await (const slab of whole.slabs) {
      if (sent <= lastAtByte && sent + slab.bytes.byteLength > lastAtByte) {
        underWay.resolve();
        await gate.promise;
      }
      sent += slab.bytes.byteLength;
      yield slab;
    }
  }
  return { body: { ...whole, slabs: slabs() }, isUnderWay: underWay.promise, end: () => gate.resolve() };
}

/** Bodies under way while the clock is set and the collector works: what it took, and how many came back whole. */
async function putOverJumps(time: SimTime, agesBy: (set: Clock) => Clock) {
  const machine = settable(time.clock());
  const site = await startMemorySite({ volumes: 3, clock: agesBy(machine.clock) });
  const store = createObjectStore({ ...site.context, stamps: new Stamps(machine.clock) });
  await store.createBucket('bucket', {});
  const [fresh, known] = [bytesOf({ seed: 1, bytes: bodyBytes }), bytesOf({ seed: 2, bytes: bodyBytes })];
  await store.put('bucket', 'garbage', { body: bodyOf(known), headers: noHeaders });
  await store.delete('bucket', 'garbage'); // whoever puts the same again relies on a claim
  const slow = [slowBody(fresh), slowBody(known)];
  const puts = slow.map(({ body }, at) => store.put('bucket', `slow-${at}`, { body, headers: noHeaders }));
  await Promise.all(slow.map(({ isUnderWay }) => isUnderWay));
  let taken = 0;
  for (const hours of jumpsHours) {
    machine.set(hours);
    await site.repair.clock.sleep(60_000);
    const report = await collectGarbage({ ...site.repair, blocks: site.context.blocks, maxMarks: 1000 });
    taken += report.trashed + report.purged;
  }
  for (const each of slow) each.end();
  await Promise.all(puts);
  const read = async (key: string) => readAll(await store.get('bucket', key));
  const bodies = await Promise.allSettled([read('slow-0'), read('slow-1')]);
  const whole = bodies.filter((body, at) => body.status === 'fulfilled' && body.value.equals(at === 0 ? fresh : known));
  return { taken, whole: whole.length };
}

function run(agesBy: (set: Clock) => Clock) {
  const time = new SimTime();
  return time.run(putOverJumps(time, agesBy), hourMs, 'puts while the clock is set');
}

test('by the steady clock nothing that is on its way is taken, whatever the clock is set to', async () => {
  expect(await run(steadyClock)).toEqual({ taken: 0, whole: 2 });
});

test('by the clock that people set it would be', async () => {
  const { taken, whole } = await run((clock) => clock);
  expect(taken).toBeGreaterThan(0);
  expect(whole).toBe(0);
});
