/**
 * Why: whether a row is met: its ratio is taken within each repeat, between cells that stood side by side, and the
 * median of the repeats is judged. A row that could not be measured is not met, and says why.
 */
import type { Sample } from '../run/cells.ts';
import { cpuOf, cpuUnitOf, rateOf, rateUnitOf, toMB } from '../run/figures.ts';
import type { StreamPeak } from '../run/streams.ts';
import { median, medianOf } from '../statistics.ts';
import { type Accept, type CellFigure, cellsOf, type Figure, type TableRow } from './rows.ts';
import type { tableWorkloads } from './workloads.ts';

export type Evidence = {
  readonly samples: readonly Sample[];
  readonly peaks: readonly StreamPeak[];
  readonly workloads: ReturnType<typeof tableWorkloads>;
  /** By the name of a contender, or of it and a workload: why it was not measured. */
  readonly missing: Readonly<Record<string, string>>;
};

export type Verdict = {
  readonly row: TableRow;
  /** Medians; undefined where nothing could be measured. */
  readonly measured: number | undefined;
  readonly least: number | undefined;
  readonly most: number | undefined;
  readonly ours: number | undefined;
  readonly limit: number | undefined;
  /** Which of the limits is the least. */
  readonly limitedBy: Figure | undefined;
  readonly unit: string;
  readonly isMet: boolean;
  readonly whyNot: string | undefined;
};

export function judge(row: TableRow, evidence: Evidence): Verdict {
  const all = repeatsIn(evidence).map((repeat) => judgeRepeat(row, evidence, repeat));
  const ratios = all.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
  const isKnown = ratios.length > 0;
  const measured = isKnown ? median(ratios) : undefined;
  return {
    row,
    measured,
    least: isKnown ? Math.min(...ratios) : undefined,
    most: isKnown ? Math.max(...ratios) : undefined,
    ours: medianOf(all.map(({ ours }) => ours)),
    limit: medianOf(all.map(({ limit }) => limit)),
    limitedBy: leastOf(row, evidence),
    unit: unitOf(row, evidence),
    isMet: measured !== undefined && meets(measured, row.accept),
    whyNot: isKnown ? undefined : whyUnknown(row, evidence),
  };
}

function repeatsIn({ samples, peaks }: Evidence): readonly number[] {
  return [...new Set([...samples, ...peaks].map(({ repeat }) => repeat))];
}

type Judged = { readonly ours: number | undefined; readonly limit: number | undefined; readonly ratio?: number };

function judgeRepeat({ ours: figure, limits }: TableRow, evidence: Evidence, repeat: number): Judged {
  const ours = amountOf(figure, evidence, repeat);
  const each = limits.map((limit) => amountOf(limit, evidence, repeat));
  if (ours === undefined || each.includes(undefined)) return { ours, limit: undefined };
  if (each.length === 0) return { ours, limit: undefined, ratio: ours };
  const limit = Math.min(...(each as number[]));
  return limit > 0 ? { ours, limit, ratio: ours / limit } : { ours, limit };
}

function leastOf({ limits }: TableRow, evidence: Evidence): Figure | undefined {
  const repeats = repeatsIn(evidence);
  const valued = limits.map((figure) => {
    return { figure, value: medianOf(repeats.map((repeat) => amountOf(figure, evidence, repeat))) };
  });
  return valued.toSorted((left, right) => (left.value ?? 0) - (right.value ?? 0))[0]?.figure;
}

function amountOf(figure: Figure, evidence: Evidence, repeat: number): number | undefined {
  if (figure.kind === 'growth') return growth(figure.direction, evidence, repeat);
  if (figure.kind === 'core') {
    const costs = figure.costs.map((cost) => cellValue(cost, evidence, repeat));
    return costs.includes(undefined) ? undefined : 1000 / (costs as number[]).reduce((sum, each) => sum + each);
  }
  return cellValue(figure, evidence, repeat);
}

function cellValue(figure: CellFigure, evidence: Evidence, repeat: number): number | undefined {
  const workload = evidence.workloads[figure.workload].name;
  const sample = evidence.samples.find(
    (each) => each.repeat === repeat && each.contender === figure.of && each.workload.name === workload,
  );
  if (sample === undefined || sample.outcome.requests === 0) return undefined;
  const value = figure.kind === 'rate' ? rateOf(sample) : cpuOf(sample);
  return value === undefined ? undefined : value * (figure.times ?? 1);
}

function growth(direction: StreamPeak['direction'], { peaks }: Evidence, repeat: number): number | undefined {
  const own = peaks.filter((each) => each.direction === direction && each.repeat === repeat);
  const [first] = own;
  if (first === undefined) return undefined;
  return toMB(Math.max(...own.map(({ peakRssMiB }) => peakRssMiB)) - first.peakRssMiB);
}

function unitOf({ ours }: TableRow, { workloads }: Evidence): string {
  if (ours.kind === 'growth') return 'MB';
  const workload = workloads[ours.workload];
  return ours.kind === 'rate' ? rateUnitOf(workload) : cpuUnitOf(workload);
}

function meets(measured: number, accept: Accept): boolean {
  return 'atLeast' in accept ? measured >= accept.atLeast : measured <= accept.atMost;
}

function whyUnknown(row: TableRow, { missing, workloads }: Evidence): string {
  for (const { of, workload } of cellsOf(row)) {
    const why = missing[of] ?? missing[`${of}, ${workloads[workload].name}`];
    if (why !== undefined) return `${of}: ${why}`;
  }
  return missing.streams ?? 'nothing succeeded';
}
