/**
 * Why: limits come first; among designs within them the objective decides, and where none is, the least violation is
 * shown.
 */
import { maxUtilisation } from '../evaluate/load.ts';
import { badness, type Limit, type MetricId, within } from '../model/metrics.ts';
import { sumOf } from '../numeric/lists.ts';
import { compareIds } from '../optimise/pareto.ts';
import type { Candidate } from './front.ts';

export type Goal = { readonly limits: readonly Limit[]; readonly objective: MetricId };

/** Some node has more to do than it can: waits without end, whatever the limits say. */
export function isOverloaded({ metrics }: Candidate): boolean {
  return metrics.maxNodeLoad >= maxUtilisation;
}

export function isFeasible(candidate: Candidate, limits: readonly Limit[]): boolean {
  return !isOverloaded(candidate) && limits.every((limit) => within(candidate.metrics, limit));
}

/** By how many times its limit each metric is beyond it, summed; and how far the busiest node is overloaded. */
export function violation({ metrics }: Candidate, limits: readonly Limit[]): number {
  const overload = Math.max(0, metrics.maxNodeLoad - maxUtilisation);
  const beyondLimits = sumOf(limits, (limit) => {
    if (within(metrics, limit)) return 0;
    const beyond = badness(limit.metric, metrics[limit.metric]) - badness(limit.metric, limit.max);
    return limit.max === 0 ? beyond : beyond / Math.abs(limit.max);
  });
  return beyondLimits + overload;
}

/** Negative when `left` is the better choice: by objective, then by id. */
export function compareBy(objective: MetricId): (left: Candidate, right: Candidate) => number {
  return (left, right) => {
    const difference = badness(objective, left.metrics[objective]) - badness(objective, right.metrics[objective]);
    return difference === 0 || Number.isNaN(difference) ? compareIds(left.design.id, right.design.id) : difference;
  };
}

/** The better of two, either of which may be missing. */
export function betterOf<T>(
  left: T | undefined,
  right: T | undefined,
  compare: (left: T, right: T) => number,
): T | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return compare(left, right) <= 0 ? left : right;
}

export type Chosen = {
  /** The best within all limits. */
  readonly best: Candidate | undefined;
  /** The least beyond them. */
  readonly nearest: Candidate | undefined;
};

export function choose(chosen: Chosen, candidate: Candidate, { limits, objective }: Goal): Chosen {
  const compare = compareBy(objective);
  const byViolation = (left: Candidate, right: Candidate) =>
    violation(left, limits) - violation(right, limits) || compare(left, right);
  return {
    best: isFeasible(candidate, limits) ? betterOf(chosen.best, candidate, compare) : chosen.best,
    nearest: betterOf(chosen.nearest, candidate, byViolation),
  };
}
