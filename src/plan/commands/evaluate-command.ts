/**
 * Why: `plan evaluate`, `plan explain` and `plan sensitivity`: one design, its numbers, where they come from, what
 * moves them.
 */

import { CopysetError } from '../../base/errors.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { documentView } from '../founding/document.ts';
import { documentTrends } from '../founding/trends.ts';
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import { type Metrics, metricIds, metricTable, within } from '../model/metrics.ts';
import { provenanceOf } from '../model/provenance.ts';
import { printLimit } from '../model/read-inputs.ts';
import { type Sensitivity, sensitivitiesOf } from '../search/sensitivities.ts';
import { coreDesigns, designOf, referenceSizes, type SpaceOptions, sizesOf } from '../search/space.ts';
import { formatQuantity } from '../units.ts';
import { type Answer, answer, shown, type Table } from './answer.ts';

export function metricsTable(metrics: Metrics, inputs: PlannerInputs): Table {
  return {
    title: 'planner',
    columns: ['metric', 'value', 'source', 'what it is'],
    rows: metricIds.map((metric) => [
      metric,
      shown(metric, metrics[metric]),
      provenanceOf(metric, inputs),
      metricTable[metric].text,
    ]),
  };
}

/** The founding document's own terms and trends for these numbers. */
export function documentTables(design: Design, inputs: PlannerInputs): Table[] {
  const view = documentView(design, inputs);
  const trends = documentTrends(design, inputs);
  return [
    {
      title: 'founding document',
      columns: ['N', 'M', 'D', 'B', 'R', 'mean P', '1 - mean P'],
      rows: [
        [
          String(view.N),
          String(view.M),
          formatQuantity(view.D, 'seconds'),
          formatQuantity(view.B, 'bytes'),
          formatQuantity(view.R, 'seconds'),
          String(view.meanP),
          formatQuantity(view.docObjective, 'share'),
        ],
      ],
    },
    {
      title: 'its trends here',
      columns: ['claim', 'verdict', 'metric', 'before', 'after', 'reason'],
      rows: trends.map((trend) => [
        trend.claim,
        trend.verdict,
        trend.metric,
        trend.before?.toPrecision(4) ?? '',
        trend.after?.toPrecision(4) ?? '',
        trend.reason,
      ]),
    },
  ];
}

export function evaluateCommand(design: Design, inputs: PlannerInputs): Answer {
  const metrics = evaluate(design, inputs);
  const broken = inputs.limits.filter((limit) => !within(metrics, limit));
  return answer({
    exitCode: broken.length === 0 ? 0 : 3,
    json: {
      design,
      metrics: withSources(metrics, inputs),
      document: { ...documentView(design, inputs), trends: documentTrends(design, inputs) },
      broken: broken.map(printLimit),
    },
    tables: [metricsTable(metrics, inputs), ...documentTables(design, inputs)],
    notes: broken.map(
      (limit) => `beyond its limit: ${printLimit(limit)}, is ${shown(limit.metric, metrics[limit.metric])}`,
    ),
  });
}

/** Each number with its unit, its formulas and its source, as data. */
export function withSources(metrics: Metrics, inputs: PlannerInputs) {
  const entries = metricIds.map((metric) => {
    const { dimension, formulas } = metricTable[metric];
    return [metric, { value: metrics[metric], unit: dimension, source: provenanceOf(metric, inputs), formulas }];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/** The design of a search by its id. */
export function designNamed(id: string, inputs: PlannerInputs, options: SpaceOptions = {}): Design {
  for (const core of coreDesigns(inputs, options)) {
    const found = [referenceSizes, ...sizesOf(inputs, core, options)]
      .map((sizes) => designOf(inputs, core, sizes))
      .find((design) => design.id === id);
    if (found !== undefined) return found;
  }
  throw new CopysetError('not_found', `no design of these inputs is called ${id}`);
}

/** Each metric with its formulas, its source and the inputs that move it most. */
export function explainCommand(design: Design, inputs: PlannerInputs): Answer {
  const metrics = evaluate(design, inputs);
  const sensitivities = sensitivitiesOf(design, inputs);
  const movers = (metric: string) =>
    sensitivities
      .filter((each) => each.metric === metric)
      .map(inWords)
      .join('; ');
  return answer({
    json: { design, metrics: withSources(metrics, inputs), sensitivities },
    tables: [
      {
        title: design.id,
        columns: ['metric', 'value', 'formulas', 'source', 'moved by'],
        rows: metricIds.map((metric) => [
          metric,
          shown(metric, metrics[metric]),
          metricTable[metric].formulas.join(', '),
          provenanceOf(metric, inputs),
          movers(metric),
        ]),
      },
    ],
  });
}

/** `10 % more store.detect: +9 %`. */
function inWords({ parameter, elasticity }: Sensitivity): string {
  const percent = 100 * (1.1 ** elasticity - 1);
  return `10 % more ${parameter}: ${percent > 0 ? '+' : ''}${percent.toPrecision(2)} %`;
}

export function sensitivityCommand(design: Design, inputs: PlannerInputs): Answer {
  const sensitivities = sensitivitiesOf(design, inputs);
  return answer({
    json: sensitivities,
    tables: [
      {
        title: `sensitivities of ${design.id}`,
        columns: ['metric', 'input', 'elasticity', 'in words'],
        rows: sensitivities.map((each) => [each.metric, each.parameter, each.elasticity.toFixed(3), inWords(each)]),
      },
    ],
  });
}
