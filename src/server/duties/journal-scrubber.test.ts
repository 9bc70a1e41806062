import { expect, test } from 'vitest';
import type { Finding } from '../../admin/contract.ts';
import { Machine } from '../../kv/journal/simulation/machine.conformance.ts';
import { createLog } from '../../observe/log.ts';
import { MetricRegistry } from '../../observe/metrics/registry.ts';
import { type JobControl, Jobs } from '../jobs.ts';
import { JournalScrubber } from './journal-scrubber.ts';

const hourMs = 3_600_000;
const periodMs = 2 * hourMs;
const limits = { rotateBytes: 500, tendMs: 2000, syncTimeoutMs: 500 };

/** Three journals of some log files each, and who scrubs them. */
async function scrubber() {
  const machine = new Machine(3, limits);
  const kv = await machine.open();
  for (let at = 0; at < 9; at++) await machine.put(kv, `key ${at}`);
  const lines: { readonly level: string; readonly message: string }[] = [];
  const { clock } = machine;
  const log = createLog({ level: 'info', clock, write: (line) => lines.push(JSON.parse(line)) });
  const metrics = new MetricRegistry();
  const paces: number[] = [];
  const chosen: unknown[] = [];
  const catalog: ConstructorParameters<typeof JournalScrubber>[0]['catalog'] = {
    journals: () => kv.journalStatus().places,
    scrubJournals: (options) => {
      paces.push(options.bytesPerSecond);
      chosen.push(options.only);
      return kv.scrubJournals(options);
    },
  };
  const scrubbing = new JournalScrubber({ catalog, jobs: new Jobs(clock), clock, log, metrics, periodMs });
  const pass = async (ms: number) => {
    await machine.time.until(clock.sleep(ms), ms + 1);
    await machine.until(scrubbing.round(new AbortController().signal));
  };
  return { machine, kv, scrubbing, pass, lines, metrics, paces, chosen };
}

test('the journals are read soon after a start, and then once a period', async () => {
  const { pass, paces, lines } = await scrubber();
  await pass(hourMs - 1000);
  expect(paces).toHaveLength(0);
  await pass(2000);
  expect(paces).toEqual([8 * 2 ** 20]);
  await pass(periodMs - 2000);
  expect(paces).toHaveLength(1);
  await pass(4000);
  expect(paces).toHaveLength(2);
  expect(lines).toEqual([]);
});

test('damage is told, counted and healed, which is told too, and that journal alone is read again soon', async () => {
  const { machine, kv, pass, lines, metrics, paces, chosen } = await scrubber();
  machine.disk(1).memory.corrupt('log-000000000000002', 300, new Uint8Array(20));
  await pass(hourMs);
  expect(lines).toMatchObject([{ level: 'warn', volume: machine.ids[1], path: '/disk1' }]);
  expect(metrics.print()).toContain(`copyset_journal_damage_found_total{volume="${machine.ids[1]}"} 1`);
  await pass(0);
  await machine.untilTrue(() => kv.journalStatus().places[1]?.damage === undefined);
  await pass(1000);
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'a damaged journal of the catalog is whole again' });
  await pass(600_000);
  expect(chosen).toEqual([undefined, [machine.ids[1]]]);
  await pass(600_000);
  expect(paces).toHaveLength(2);
});

test('what cannot be healed is told once', async () => {
  const { machine, kv, pass, lines } = await scrubber();
  machine.disk(1).memory.corrupt('log-000000000000002', 300, new Uint8Array(20));
  await machine.disk(1).fill(300);
  await pass(hourMs);
  await machine.untilTrue(() => kv.journalStatus().places[1]?.damage?.obstacle !== undefined);
  await pass(1000);
  await pass(10_000);
  const errors = lines.filter(({ level }) => level === 'error');
  expect(errors).toMatchObject([{ volume: machine.ids[1], obstacle: expect.stringContaining('space') as unknown }]);
});

test('one that hangs is read again soon, and a scrub that is asked for finds what is wrong', async () => {
  const { machine, scrubbing, pass, lines, paces } = await scrubber();
  machine.disk(2).schedule.force('read', 'hang');
  await pass(hourMs);
  expect(lines).toMatchObject([{ level: 'info', volume: machine.ids[2] }]);
  machine.disk(2).schedule.release();
  machine.disk(0).memory.corrupt('log-000000000000002', 300, new Uint8Array(20));
  const found: Finding[] = [];
  const told: Pick<JobControl, 'expect' | 'advance'> = { expect: () => undefined, advance: () => undefined };
  const { signal } = new AbortController();
  await machine.until(scrubbing.scrub({ ...told, signal, find: (finding) => found.push(finding) }));
  expect(found[0]).toEqual({ where: '/disk0/log-000000000000002', problem: expect.any(String) as unknown });
  await pass(600_000);
  expect(paces).toHaveLength(3);
});
