/** Why: which inputs move which result, so that people measure what matters first. */
import { Evaluator, SharedWork } from '../evaluate/evaluate.ts';
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import { type MetricId, type Metrics, metricIds } from '../model/metrics.ts';
import { isIdle, type Parameter, parameters, scaleParameter } from '../model/parameters.ts';

export type Sensitivity = { readonly metric: MetricId; readonly parameter: string; readonly elasticity: number };

/** Wide enough that the rounding of waits and of grids does not show. */
const step = 0.05;
const negligible = 0.005;
const shownPerMetric = 5;

/** The five inputs that move each metric most, by central differences of logarithms over 5 % either way. */
export function sensitivitiesOf(design: Design, inputs: PlannerInputs, shared = new SharedWork()): Sensitivity[] {
  const moved = parameters.filter((parameter) => !isIdle(inputs, parameter));
  const all = moved.flatMap((parameter) => {
    const scaledBy = (factor: number) => scaleParameter(inputs, parameter, factor);
    return elasticitiesOf(parameter, (factor) => new Evaluator(scaledBy(factor), shared).evaluate(design));
  });
  return metricIds.flatMap((metric) =>
    all
      .filter((each) => each.metric === metric)
      .sort((left, right) => Math.abs(right.elasticity) - Math.abs(left.elasticity))
      .slice(0, shownPerMetric),
  );
}

function elasticitiesOf(parameter: Parameter, at: (factor: number) => Metrics): Sensitivity[] {
  const low = at(Math.exp(-step));
  const high = at(Math.exp(step));
  return metricIds.flatMap((metric) => {
    const elasticity = (Math.log(high[metric]) - Math.log(low[metric])) / (2 * step);
    return Math.abs(elasticity) > negligible && Number.isFinite(elasticity)
      ? [{ metric, parameter: parameter.id, elasticity }]
      : [];
  });
}
