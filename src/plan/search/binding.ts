/** Why: a limit has a price; whoever set it should see what a little less would save. */
import { badness, type Limit, type MetricId, within } from '../model/metrics.ts';
import { compareBy, type Goal } from './feasible.ts';
import type { Candidate } from './front.ts';

export type Binding = {
  readonly metric: MetricId;
  readonly max: number;
  /** Of the chosen design: how far it stays within the limit, as a share of the limit. */
  readonly slack: number;
  /** The nearest value of the limit at which a better design appears, and what that one saves; null when none does. */
  readonly relaxTo: number | null;
  readonly saves: number | null;
};

/** Every limit of the chosen design; those with a price bind. */
export function bindingLimits(chosen: Candidate, front: readonly Candidate[], { limits, objective }: Goal): Binding[] {
  return limits.map((limit) => {
    const others = limits.filter((other) => other !== limit);
    const kept = front.filter(({ metrics }) => others.every((other) => within(metrics, other)));
    const cheaper = kept.filter((each) => saving(chosen, each, objective) > 0 && !within(each.metrics, limit));
    const excess = (each: Candidate) => badness(limit.metric, each.metrics[limit.metric]);
    const compare = compareBy(objective);
    const nearest = cheaper.sort((left, right) => excess(left) - excess(right) || compare(left, right))[0];
    return {
      metric: limit.metric,
      max: limit.max,
      slack: slackOf(chosen, limit),
      relaxTo: nearest?.metrics[limit.metric] ?? null,
      saves: nearest === undefined ? null : saving(chosen, nearest, objective),
    };
  });
}

function saving(chosen: Candidate, other: Candidate, objective: MetricId): number {
  return badness(objective, chosen.metrics[objective]) - badness(objective, other.metrics[objective]);
}

function slackOf({ metrics }: Candidate, { metric, max }: Limit): number {
  const room = badness(metric, max) - badness(metric, metrics[metric]);
  return max === 0 ? room : room / Math.abs(max);
}
