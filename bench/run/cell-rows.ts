/** Why: what was measured of each contender, cell by cell: every figure is the median of the repeats. */
import { markdownTable } from '../../tools/docs/table.ts';
import { fixed, median, medianOf, whole } from '../statistics.ts';
import type { Sample } from './cells.ts';
import { type CpuUnit, cpuOf, cpuUnitOf, type RateUnit, rateOf, rateUnitOf, toMB } from './figures.ts';

export type CellRow = {
  readonly workload: string;
  readonly server: string;
  readonly throughput: number;
  readonly unit: RateUnit;
  /** Undefined where nothing succeeded. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Of the server. */
  readonly cpu: number | undefined;
  readonly cpuUnit: CpuUnit;
  readonly peakRssMB: number;
  /** The share of its core that the load took: near 1, it was the load that was measured. */
  readonly loadBusy: number;
  /** What did not succeed, over all repeats: a status, `broken` or `misfit`, and how often. */
  readonly failed: Readonly<Record<string, number>>;
};

/** The samples of each cell: by workload, then in the order of `servers`. */
export function cellsIn(samples: readonly Sample[], servers: readonly string[]): readonly (readonly Sample[])[] {
  return Object.values(Object.groupBy(samples, ({ workload }) => workload.name)).flatMap((ofWorkload = []) =>
    servers.map((server) => ofWorkload.filter((sample) => sample.server === server)).filter(({ length }) => length > 0),
  );
}

export function cellRow(cell: readonly Sample[]): CellRow {
  const [{ workload, server }] = cell as readonly [Sample];
  return {
    workload: workload.name,
    server,
    throughput: median(cell.map(rateOf)),
    unit: rateUnitOf(workload),
    p50Ms: medianOf(cell.map(({ outcome }) => outcome.p50Ms)),
    p99Ms: medianOf(cell.map(({ outcome }) => outcome.p99Ms)),
    cpu: medianOf(cell.map(cpuOf)),
    cpuUnit: cpuUnitOf(workload),
    peakRssMB: median(cell.map(({ peakRssMiB }) => toMB(peakRssMiB))),
    loadBusy: median(cell.map(({ outcome }) => outcome.cpuSeconds / outcome.seconds)),
    failed: cell.map(failuresOf).reduce(added, {}),
  };
}

type Counts = Readonly<Record<string, number>>;

function failuresOf({ outcome: { statuses, broken, misfit } }: Sample): Counts {
  const refused = Object.entries(statuses).filter(([status]) => !/^2\d\d$/.test(status));
  return Object.fromEntries([...refused, ['broken', broken], ['misfit', misfit]].filter(([, count]) => count !== 0));
}

function added(sum: Counts, more: Counts): Counts {
  const names = [...new Set([...Object.keys(sum), ...Object.keys(more)])];
  return Object.fromEntries(names.map((name) => [name, (sum[name] ?? 0) + (more[name] ?? 0)]));
}

/** A column more, with a cell for each row. */
export type Column = { readonly title: string; readonly cells: readonly string[] };

const before = ['workload', 'server', 'throughput'];
const behind = ['p50 ms', 'p99 ms', 'CPU', 'peak RSS MB', 'load busy', 'failed'];

export function cellTable(rows: readonly CellRow[], more: readonly Column[] = []): string {
  const lines = rows.map((row, at) => [
    row.workload,
    row.server,
    `${whole(row.throughput)} ${row.unit}`,
    ...more.map(({ cells }) => cells[at] ?? ''),
    fixed(row.p50Ms, 2),
    fixed(row.p99Ms, 2),
    row.cpu === undefined ? '-' : `${row.cpuUnit === 's/GB' ? row.cpu.toFixed(2) : whole(row.cpu)} ${row.cpuUnit}`,
    whole(row.peakRssMB),
    fixed(row.loadBusy, 2),
    Object.entries(row.failed)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', '),
  ]);
  return markdownTable([...before, ...more.map(({ title }) => title), ...behind], lines);
}
