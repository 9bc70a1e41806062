/** Why: one answer from a finished search: the choice, why it is the choice, what it rests on, and how sure that is. */
import type { PlannerInputs } from '../model/inputs.ts';
import { type MetricId, metricIds } from '../model/metrics.ts';
import { provenanceOf } from '../model/provenance.ts';
import type { Interval } from '../numeric/statistics.ts';
import { type Binding, bindingLimits } from './binding.ts';
import { compareBy } from './feasible.ts';
import type { Candidate } from './front.ts';
import { refuseUnmeasuredSites } from './refusal.ts';
import { type RobustOptions, robustChoice } from './robust.ts';
import { type Sensitivity, sensitivitiesOf } from './sensitivities.ts';
import { type Progress, type SearchOptions, type SliceResult, searchSlice } from './slice.ts';

export type Recommendation = {
  /** Null when nothing is within all limits; `nearest` then shows the least violation. */
  readonly chosen: Candidate | null;
  readonly nearest: Candidate | null;
  readonly evaluated: number;
  readonly front: readonly Candidate[];
  readonly binding: readonly Binding[];
  readonly sensitivities: readonly Sensitivity[];
  /** 90 % of the draws; empty without robust draws. */
  readonly intervals: Partial<Record<MetricId, Interval>>;
  /** Share of the draws in which the choice keeps all limits; null without draws. */
  readonly confidence: number | null;
  /** Metrics that rest on somebody's word or on a default. */
  readonly assumptions: readonly string[];
};

export type RecommendOptions = { readonly robust?: RobustOptions };

/** A search in this thread. Workers run `searchSlice`, `mergeSlices`, and then `recommendFrom`. */
export function search(
  inputs: PlannerInputs,
  options: SearchOptions & RecommendOptions = {},
  onProgress?: (progress: Progress) => void,
): Recommendation {
  refuseUnmeasuredSites(inputs);
  return recommendFrom(inputs, searchSlice(inputs, options, onProgress), options);
}

export function recommendFrom(
  inputs: PlannerInputs,
  result: SliceResult,
  options: RecommendOptions = {},
): Recommendation {
  refuseUnmeasuredSites(inputs);
  const withBest = [...result.front, ...(result.chosen.best === undefined ? [] : [result.chosen.best])];
  const robust = options.robust === undefined ? undefined : robustChoice(withBest, inputs, options.robust);
  const chosen = options.robust === undefined ? result.chosen.best : robust?.candidate;
  const shown = chosen ?? result.chosen.nearest;
  return {
    chosen: chosen ?? null,
    nearest: result.chosen.nearest ?? null,
    evaluated: result.evaluated,
    front: [...result.front].sort(compareBy(inputs.objective)),
    binding: chosen === undefined ? [] : bindingLimits(chosen, result.front, inputs),
    sensitivities: shown === undefined ? [] : sensitivitiesOf(shown.design, inputs),
    intervals: robust?.intervals ?? {},
    confidence: robust?.share ?? null,
    assumptions: assumptionsOf(inputs),
  };
}

function assumptionsOf(inputs: PlannerInputs): string[] {
  return metricIds.flatMap((metric) => {
    const source = provenanceOf(metric, inputs);
    return source === 'measured' ? [] : [`${metric} rests on a value that is ${source}`];
  });
}
