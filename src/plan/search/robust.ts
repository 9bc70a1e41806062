/** Why: a design that keeps its limits only if every guess is right is no recommendation. */
import { seededRandom } from '../../base/random.ts';
import { sampler } from '../distribution.ts';
import { Evaluator, SharedWork } from '../evaluate/evaluate.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import type { Limit, MetricId, Metrics } from '../model/metrics.ts';
import { isIdle, parameters, scaleParameter, spreadOf } from '../model/parameters.ts';
import { range } from '../numeric/lists.ts';
import { ascending, type Interval, quantileOfSorted } from '../numeric/statistics.ts';
import { compareBy, isFeasible } from './feasible.ts';
import type { Candidate } from './front.ts';

export type RobustOptions = { readonly draws: number; readonly seed: number; readonly share?: number };

export type RobustChoice = {
  readonly candidate: Candidate;
  /** Of the draws in which it kept every limit. */
  readonly share: number;
  /** 90 % of the draws, per metric. */
  readonly intervals: Readonly<Record<MetricId, Interval>>;
};

const neededShare = 0.95;
const mostTried = 40;

/** Inputs drawn around the given ones, each parameter by what is known of it. */
export function drawInputs(inputs: PlannerInputs, { draws, seed }: RobustOptions): PlannerInputs[] {
  const random = seededRandom(seed);
  const moved = parameters.filter((parameter) => !isIdle(inputs, parameter));
  return range(draws).map(() =>
    moved.reduce((drawn, parameter) => {
      const factor = sampler({ type: 'lognormal', mu: 0, sigma: spreadOf(inputs, parameter) }, random)();
      return scaleParameter(drawn, parameter, factor);
    }, inputs),
  );
}

/**
 * The best of the feasible candidates that keeps every limit in at least 95 % of the draws; undefined when none does.
 */
export function robustChoice(
  front: readonly Candidate[],
  inputs: PlannerInputs,
  options: RobustOptions,
): RobustChoice | undefined {
  const shared = new SharedWork();
  const worlds = drawInputs(inputs, options).map((drawn) => new Evaluator(drawn, shared));
  const candidates = front.filter((each) => isFeasible(each, inputs.limits)).sort(compareBy(inputs.objective));
  for (const candidate of candidates.slice(0, mostTried)) {
    const outcomes = outcomesOf(candidate, worlds, { limits: inputs.limits, share: options.share ?? neededShare });
    if (outcomes !== undefined) return choiceOf(candidate, outcomes, inputs);
  }
  return undefined;
}

type Needed = { readonly limits: readonly Limit[]; readonly share: number };

/** Metrics in every world; undefined as soon as it has failed in too many. */
function outcomesOf(candidate: Candidate, worlds: readonly Evaluator[], needed: Needed): Metrics[] | undefined {
  const outcomes: Metrics[] = [];
  let failures = 0;
  for (const world of worlds) {
    const metrics = world.evaluate(candidate.design);
    if (!isFeasible({ ...candidate, metrics }, needed.limits)) failures++;
    if (failures > (1 - needed.share) * worlds.length) return undefined;
    outcomes.push(metrics);
  }
  return outcomes;
}

function choiceOf(candidate: Candidate, outcomes: readonly Metrics[], inputs: PlannerInputs): RobustChoice {
  const kept = outcomes.filter((metrics) => isFeasible({ ...candidate, metrics }, inputs.limits));
  return { candidate, share: kept.length / outcomes.length, intervals: intervalsOf(outcomes) };
}

export function intervalsOf(outcomes: readonly Metrics[]): Readonly<Record<MetricId, Interval>> {
  const ids = Object.keys(outcomes[0] as Metrics) as MetricId[];
  const interval = (metric: MetricId): Interval => {
    const sorted = ascending(outcomes.map((metrics) => metrics[metric]));
    return [quantileOfSorted(sorted, 0.05), quantileOfSorted(sorted, 0.95)];
  };
  return Object.fromEntries(ids.map((metric) => [metric, interval(metric)])) as Record<MetricId, Interval>;
}
