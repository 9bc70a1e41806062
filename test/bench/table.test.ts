import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { contenders } from '../../bench/contenders.ts';
import type { Sample } from '../../bench/run/cells.ts';
import { sumOf, verdictTable } from '../../bench/table/report.ts';
import { cellsOf, type TableRow, tableRows } from '../../bench/table/rows.ts';
import { type Evidence, judge, type Verdict } from '../../bench/table/verdict.ts';
import { tableWorkloads, type WorkloadName } from '../../bench/table/workloads.ts';
import { nginxProgram } from '../../bench/targets/nginx.ts';
import { whyMissing } from '../../tools/engines/debian.ts';
import { run } from '../clients/python-tool.ts';

const program = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const workloads = tableWorkloads(true);

type Figures = { readonly mb: number; readonly cpuSeconds?: number; readonly repeat?: number };

/** Of one second. */
function sample(contender: string, name: WorkloadName, { mb, cpuSeconds = 1, repeat = 1 }: Figures): Sample {
  const workload = workloads[name];
  const counts = { requests: (mb * 1e6) / workload.bytes, broken: 0, misfit: 0, cut: 0, statuses: {} };
  const outcome = { congestion: 'cubic', seconds: 1, cpuSeconds: 0.5, p50Ms: 1, p99Ms: 2, ...counts };
  return { workload, contender, server: contender, role: 'limit', repeat, outcome, cpuSeconds, peakRssMiB: 100 };
}

function evidence(samples: readonly Sample[], more: Partial<Evidence> = {}): Evidence {
  return { samples, peaks: [], workloads, missing: {}, ...more };
}

function row(what: string): TableRow {
  return tableRows.find((each) => each.what.startsWith(what)) as TableRow;
}

test('every row is made of cells that somebody can be asked for', () => {
  const names = contenders.map(({ name }) => name);
  for (const { of, workload } of tableRows.flatMap(cellsOf)) {
    expect(names).toContain(of);
    expect(workloads[workload]).toBeDefined();
  }
  expect(new Set(tableRows.map(({ what }) => what)).size).toBe(tableRows.length);
});

test('a ratio is taken within a repeat, and its median judged', () => {
  const pairs = [
    [80, 100],
    [900, 1000],
    [10, 100],
  ] as const;
  const samples = pairs.flatMap(([ours, limit], at) => [
    sample('copyset-1', 'getMedium', { mb: ours, repeat: at + 1 }),
    sample('nginx', 'getMedium', { mb: limit, repeat: at + 1 }),
  ]);
  const verdict = judge(row('GET 1 MiB c64 / nginx'), evidence(samples));
  expect(verdict).toMatchObject({ measured: 0.8, least: 0.1, most: 0.9, isMet: true, unit: 'MB/s', whyNot: undefined });
  expect(verdict.ours).toBeCloseTo(80);
  expect(verdict.limit).toBeCloseTo(100);
});

test('a cost must not be too high', () => {
  const samples = [
    sample('copyset-1', 'getLarge', { mb: 1000, cpuSeconds: 0.3 }),
    sample('nginx', 'getLarge', { mb: 1000, cpuSeconds: 0.1 }),
  ];
  const verdict = judge(row('GET 64 MiB c8: CPU'), evidence(samples));
  expect(verdict).toMatchObject({ isMet: false, unit: 's/GB' });
  expect(verdict.measured).toBeCloseTo(3);
});

test.each([
  ['the disk', { disk: 700, receiveCpu: 0.1 }, 700, 'rate'],
  ['a core', { disk: 7000, receiveCpu: 0.5 }, 1000 / (0.5 + 0.2 + 0.3), 'core'],
] as const)('a PUT is limited by %s where that is less', (_, { disk, receiveCpu }, limit, kind) => {
  const samples = [
    sample('copyset-used-1', 'putLarge', { mb: limit * 0.8 }),
    sample('direct-writes', 'putLarge', { mb: disk, cpuSeconds: 0.3 * (disk / 1000) }),
    sample('slab-receiver', 'putLarge', { mb: 1000, cpuSeconds: receiveCpu }),
    sample('naming', 'putLarge', { mb: 1000, cpuSeconds: 0.2 }),
  ];
  const verdict = judge(row('PUT 64 MiB c8, M = 1'), evidence(samples));
  expect(verdict.limit).toBeCloseTo(limit);
  expect(verdict.measured).toBeCloseTo(0.8);
  expect(verdict.limitedBy?.kind).toBe(kind);
});

test('three copies have a third of the disk each', () => {
  const samples = [
    sample('copyset-used-3', 'putLarge', { mb: 300 }),
    sample('direct-writes', 'putLarge', { mb: 900, cpuSeconds: 0.01 }),
    sample('slab-receiver', 'putLarge', { mb: 1000, cpuSeconds: 0.01 }),
    sample('naming', 'putLarge', { mb: 1000, cpuSeconds: 0.01 }),
  ];
  expect(judge(row('PUT 64 MiB c8, M = 3, durable'), evidence(samples)).measured).toBeCloseTo(1);
});

test('memory may grow by so much from one stream to the most', () => {
  const peaks = [1, 32, 64].map((streams) => {
    return { direction: 'up' as const, streams, repeat: 1, peakRssMiB: 100 + streams };
  });
  const verdict = judge(row('RSS growth, 1 -> 64 streams of 1 GiB, up'), evidence([], { peaks }));
  expect(verdict.measured).toBeCloseTo((63 * 2 ** 20) / 1e6);
  expect(verdict.isMet).toBe(false);
});

test('what could not be measured is not met, and says why', () => {
  const verdicts = [
    judge(row('GET 64 MiB c8, every read'), evidence([], { missing: { 'copyset-verifying': 'no such option' } })),
    judge(row('PUT 4 KiB c8 / s3rver'), evidence([], { missing: { 's3rver, PUT 4 KiB c8': 'it hung up' } })),
    judge(row('GET 1 MiB c64 / nginx'), evidence([sample('copyset-1', 'getMedium', { mb: 0 })])),
  ];
  expect(verdicts.map(({ whyNot }) => whyNot)).toEqual([
    'copyset-verifying: no such option',
    's3rver: it hung up',
    'nothing succeeded',
  ]);
  expect(sumOf(verdicts)).toBe('0 rows of 3 are met, 0 are not, 3 could not be measured');
  expect(verdictTable(verdicts)).toContain('| - | - | - | - | not measured: s3rver: it hung up |');
});

test('a wrong option is answered with one line', async () => {
  const bench = (...args: readonly string[]) => run(process.execPath, [program, ...args]);
  expect(await bench('--only', 'no such row')).toMatchObject({ code: 2, err: 'bench: no row holds "no such row"\n' });
  expect(await bench('--seconds', '0')).toMatchObject({ code: 2, err: expect.stringContaining('--seconds must be') });
});

type Printed = {
  readonly verdicts: Verdict[];
  readonly cells: { readonly failed: object }[];
  readonly about: string[];
};

test.skipIf(process.platform !== 'linux')('a quick run measures what its rows need, and leaves nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-bench-test-'));
  try {
    const only = 'GET 1 MiB of 1 GiB c8,cold,PUT 128 KiB c8,SHA-256,reception,RSS';
    const { code, out, err } = await run(process.execPath, [
      program,
      '--quick',
      '--json',
      '--only',
      only,
      '--dir',
      folder,
    ]);
    expect(code, err).toBe(0);
    const { verdicts, cells, about } = JSON.parse(out) as Printed;
    const hasNginx = whyMissing(nginxProgram, 'nginx-light') === undefined;
    for (const { row: each, measured, whyNot } of verdicts.filter(
      ({ row: { what } }) => hasNginx || !/nginx/.test(what),
    )) {
      expect(whyNot, each.what).toBeUndefined();
      expect(measured, each.what).toBeTypeOf('number');
    }
    expect(verdicts).toHaveLength(9);
    for (const { failed } of cells) expect(failed).toEqual({});
    expect(about[0]).toMatch(/^repeats: 1, /);
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
