/** Why: the figures as one table, every cell a median over the rounds; ratios are taken within a round. */
import type { Sample } from './rounds.ts';
import { median } from './statistics.ts';
import type { Workload } from './workloads.ts';

export type Row = {
  readonly workload: string;
  readonly server: string;
  /** In `unit`; the median, the least and the most of the rounds. */
  readonly throughput: number;
  readonly least: number;
  readonly most: number;
  readonly unit: string;
  /** Of the throughput of nginx in the same round; undefined where nginx does not do this. */
  readonly ofNginx: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of listings, per 1,000 pages. */
  readonly cpuSecondsPerGiB: number;
  readonly peakRssMiB: number;
  /** Of a PUT: whether what was acknowledged outlives a power cut. */
  readonly durable: string | undefined;
};

const GiB = 2 ** 30;
const pages = 1000;

export function rowsOf(samples: readonly Sample[]): Row[] {
  const groups = Object.values(Object.groupBy(samples, ({ workload, target }) => `${workload.name}|${target.name}`));
  return groups.flatMap((group) => (group === undefined ? [] : [rowOf(group, samples)]));
}

function rowOf(group: readonly Sample[], all: readonly Sample[]): Row {
  const [{ workload, target }] = group as [Sample];
  const rates = group.map(rateOf);
  return {
    workload: workload.name,
    server: target.name,
    throughput: median(rates),
    least: Math.min(...rates),
    most: Math.max(...rates),
    unit: unitOf(workload),
    ofNginx: ratio(group, all),
    p50Ms: median(group.map(({ outcome }) => outcome.p50Ms)),
    p99Ms: median(group.map(({ outcome }) => outcome.p99Ms)),
    cpuSecondsPerGiB: median(group.map(cpuSecondsPerGiB)),
    peakRssMiB: median(group.map(({ peakRssMiB }) => peakRssMiB)),
    durable: workload.verb === 'put' ? target.durable : undefined,
  };
}

function ratio(group: readonly Sample[], all: readonly Sample[]): number | undefined {
  const ratios = group.flatMap((sample) => {
    const beside = all.find(
      ({ target, workload, round }) =>
        target.name === 'nginx' && workload.name === sample.workload.name && round === sample.round,
    );
    return beside === undefined ? [] : [rateOf(sample) / rateOf(beside)];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** MB/s; of what is smaller than a megabyte, requests a second; of listings, keys a second. */
function rateOf({ workload, outcome: { seconds } }: Sample): number {
  const { verb, bytes, requests, objects } = workload;
  if (verb === 'list') return (requests * objects) / seconds;
  return bytes < 1e6 ? requests / seconds : (requests * bytes) / 1e6 / seconds;
}

function unitOf({ verb, bytes }: Workload): string {
  if (verb === 'list') return 'keys/s';
  return bytes < 1e6 ? 'requests/s' : 'MB/s';
}

function cpuSecondsPerGiB({ workload: { verb, bytes, requests }, cpuSeconds }: Sample): number {
  return verb === 'list' ? (cpuSeconds / requests) * pages : cpuSeconds / ((requests * bytes) / GiB);
}

const columns = ['', 'server', 'throughput', '(least .. most)', 'of nginx', 'p50 ms', 'p99 ms'];
const costs = ['CPU s/GiB', 'peak RSS MiB', 'durable at its 200'];

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.workload,
    row.server,
    `${whole(row.throughput)} ${row.unit}`,
    `${whole(row.least)} .. ${whole(row.most)}`,
    row.ofNginx === undefined ? '-' : row.ofNginx.toFixed(2),
    row.p50Ms.toFixed(2),
    row.p99Ms.toFixed(2),
    `${row.cpuSecondsPerGiB.toFixed(2)}${row.unit === 'keys/s' ? ' per 1,000 pages' : ''}`,
    whole(row.peakRssMiB),
    row.durable ?? '',
  ]);
  const head = [...columns, ...costs];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
