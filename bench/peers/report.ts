/** Why: the figures as one table. A cell is the median of the repeats; a ratio is taken within a repeat. */
import { markdownTable } from '../../tools/docs/table.ts';
import { whole } from '../report.ts';
import { median } from '../statistics.ts';
import type { PeerSample } from './cells.ts';
import { type PeerWorkload, pageKeys } from './workloads.ts';

export type PeerRow = {
  readonly workload: string;
  readonly server: string;
  readonly throughput: number;
  readonly unit: 'MB/s' | 'requests/s' | 'keys/s';
  /** Of the throughput of the peer that is the best at this; undefined without peers. */
  readonly ofBestPeer: number | undefined;
  /** Undefined where nothing succeeded. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Of the server. */
  readonly cpu: number | undefined;
  readonly cpuUnit: 's/GB' | 'us/request' | 'us/page';
  readonly peakRssMB: number;
  /** The share of its core that the load took: near 1, it was the load that was measured. */
  readonly loadBusy: number;
  /** What did not succeed, over all repeats: a status, `broken` or `misfit`, and how often. */
  readonly failed: Readonly<Record<string, number>>;
};

/** In the order of `servers`. */
export function peerRows(samples: readonly PeerSample[], servers: readonly string[]): readonly PeerRow[] {
  return Object.values(Object.groupBy(samples, ({ workload }) => workload.name)).flatMap((ofWorkload = []) => {
    const best = bestPeer(ofWorkload);
    const groups = servers.map((server) => ofWorkload.filter((sample) => sample.server === server));
    return groups.filter((group) => group.length > 0).map((group) => rowOf(group, best));
  });
}

/** The samples of the peer with the highest median; none where no peer succeeded. */
function bestPeer(samples: readonly PeerSample[]): readonly PeerSample[] {
  const peers = Object.values(Object.groupBy(samples.filter(isOfPeer), ({ server }) => server));
  const able = peers.filter((group = []) => median(group.map(rateOf)) > 0);
  return able.toSorted((left = [], right = []) => median(right.map(rateOf)) - median(left.map(rateOf)))[0] ?? [];
}

function isOfPeer({ role }: PeerSample): boolean {
  return role === 'peer';
}

function rowOf(group: readonly PeerSample[], best: readonly PeerSample[]): PeerRow {
  const [{ workload, server }] = group as readonly [PeerSample];
  return {
    workload: workload.name,
    server,
    throughput: median(group.map(rateOf)),
    unit: unitOf(workload),
    ofBestPeer: medianOf(group.map((sample) => ratio(sample, best))),
    p50Ms: medianOf(group.map(({ outcome }) => outcome.p50Ms)),
    p99Ms: medianOf(group.map(({ outcome }) => outcome.p99Ms)),
    cpu: medianOf(group.map(cpuOf)),
    cpuUnit: cpuUnitOf(workload),
    peakRssMB: median(group.map(({ peakRssMiB }) => (peakRssMiB * 2 ** 20) / 1e6)),
    loadBusy: median(group.map(({ outcome }) => outcome.cpuSeconds / outcome.seconds)),
    failed: group.map(failuresOf).reduce(added, {}),
  };
}

/** Of those that are known. */
function medianOf(values: readonly (number | null | undefined)[]): number | undefined {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? undefined : median(known);
}

function ratio(sample: PeerSample, best: readonly PeerSample[]): number | undefined {
  const beside = best.find(({ repeat }) => repeat === sample.repeat);
  return beside === undefined || rateOf(beside) === 0 ? undefined : rateOf(sample) / rateOf(beside);
}

/** Throughput of large objects is in bytes; of small ones, and of mixed work, in requests. */
function isInBytes({ kind, bytes }: PeerWorkload): boolean {
  return kind !== 'mixed' && bytes >= 1e6;
}

function unitOf(workload: PeerWorkload): PeerRow['unit'] {
  if (workload.kind === 'list') return 'keys/s';
  return isInBytes(workload) ? 'MB/s' : 'requests/s';
}

function cpuUnitOf(workload: PeerWorkload): PeerRow['cpuUnit'] {
  if (workload.kind === 'list') return 'us/page';
  return isInBytes(workload) ? 's/GB' : 'us/request';
}

function rateOf({ workload, outcome: { requests, seconds } }: PeerSample): number {
  if (workload.kind === 'list') return (requests * pageKeys) / seconds;
  return isInBytes(workload) ? (requests * workload.bytes) / 1e6 / seconds : requests / seconds;
}

function cpuOf({ workload, outcome: { requests }, cpuSeconds }: PeerSample): number | undefined {
  if (requests === 0) return undefined;
  return isInBytes(workload) ? cpuSeconds / ((requests * workload.bytes) / 1e9) : (cpuSeconds / requests) * 1e6;
}

type Counts = Readonly<Record<string, number>>;

function failuresOf({ outcome: { statuses, broken, misfit } }: PeerSample): Counts {
  const refused = Object.entries(statuses).filter(([status]) => !/^2\d\d$/.test(status));
  return Object.fromEntries([...refused, ['broken', broken], ['misfit', misfit]].filter(([, count]) => count !== 0));
}

function added(sum: Counts, more: Counts): Counts {
  const names = [...new Set([...Object.keys(sum), ...Object.keys(more)])];
  return Object.fromEntries(names.map((name) => [name, (sum[name] ?? 0) + (more[name] ?? 0)]));
}

const columns = [
  'workload',
  'server',
  'throughput',
  'of best peer',
  'p50 ms',
  'p99 ms',
  'CPU',
  'peak RSS MB',
  'load busy',
  'failed',
];

export function peerTable(rows: readonly PeerRow[]): string {
  const lines = rows.map((row) => [
    row.workload,
    row.server,
    `${whole(row.throughput)} ${row.unit}`,
    fixed(row.ofBestPeer, 2),
    fixed(row.p50Ms, 2),
    fixed(row.p99Ms, 2),
    row.cpu === undefined ? '-' : `${row.cpuUnit === 's/GB' ? row.cpu.toFixed(2) : whole(row.cpu)} ${row.cpuUnit}`,
    whole(row.peakRssMB),
    fixed(row.loadBusy, 2),
    Object.entries(row.failed)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', '),
  ]);
  return markdownTable(columns, lines);
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}
