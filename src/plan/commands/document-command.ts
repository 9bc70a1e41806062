/**
 * Why: `plan doc`: the founding document's objective and trends beside the planner's metrics, and its sweeps as curves.
 */
import { documentView } from '../founding/document.ts';
import { type SweepPoint, type SweepVariable, sweep } from '../founding/sweep.ts';
import { documentTrends } from '../founding/trends.ts';
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import type { MetricId } from '../model/metrics.ts';
import { svgOf } from '../report/plot.ts';
import { type Answer, answer, shown, type Table } from './answer.ts';
import { documentTables } from './evaluate-command.ts';

const compared: readonly MetricId[] = [
  'docObjective',
  'writeUnavailability',
  'readUnavailability',
  'writeP50Sec',
  'readP99Sec',
  'annualLossProbability',
  'usdPerMonth',
];

export function documentCommand(
  design: Design,
  inputs: PlannerInputs,
  variables: readonly SweepVariable[] = [],
): Answer {
  const sweeps = variables.map((variable) => sweep(variable, design, inputs));
  return answer({
    json: { view: documentView(design, inputs), trends: documentTrends(design, inputs), sweeps: sweeps.flat() },
    tables: [...documentTables(design, inputs), ...sweeps.map(sweepTable)],
    files: sweeps.flatMap(filesOf),
  });
}

function sweepTable(points: readonly SweepPoint[]): Table {
  return {
    title: `sweep over ${points[0]?.variable ?? ''}`,
    columns: ['value', ...compared],
    rows: points.map((point) => [
      point.value.toPrecision(4),
      ...compared.map((metric) => shown(metric, point.metrics[metric])),
    ]),
  };
}

/** The numbers as CSV, and both objectives as a picture. */
function filesOf(points: readonly SweepPoint[]) {
  const variable = points[0]?.variable ?? '';
  const line = (name: string, metric: MetricId) => ({
    name,
    points: points.map((point) => [point.value, point.metrics[metric]] as const),
  });
  const csv = [
    ['value', ...compared].join(),
    ...points.map((point) => [point.value, ...compared.map((metric) => point.metrics[metric])].join()),
  ];
  const availability = svgOf({
    title: `${variable}: the document's objective and the planner's`,
    xName: variable,
    yName: 'unavailability',
    logX: variable !== 'N' && variable !== 'M',
    logY: true,
    lines: [
      line('1 - mean P', 'docObjective'),
      line('write', 'writeUnavailability'),
      line('read', 'readUnavailability'),
    ],
  });
  const latency = svgOf({
    title: `${variable}: latency`,
    xName: variable,
    yName: 'seconds',
    logX: variable !== 'N' && variable !== 'M',
    lines: [
      line('write p50', 'writeP50Sec'),
      line('write p99', 'writeP99Sec'),
      line('read p50', 'readP50Sec'),
      line('read p99', 'readP99Sec'),
    ],
  });
  return [
    { name: `sweep-${variable}.csv`, text: `${csv.join('\n')}\n` },
    { name: `sweep-${variable}-unavailability.svg`, text: availability },
    { name: `sweep-${variable}-latency.svg`, text: latency },
  ];
}
