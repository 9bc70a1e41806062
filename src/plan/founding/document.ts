/**
 * Why: the founding document states a model: N nodes, M replicas, delay D, block size B, cache latency R, availability
 * P_i, and min over D, B, R of max over N, M of 1 - mean(P_i). It is shown beside the real metrics in its own terms,
 * and never used to decide: it is the mean share of nodes that are down, and none of D, B, R, M is in it.
 */

import { mean as distMean } from '../distribution.ts';
import { Scene } from '../evaluate/scene.ts';
import type { Design } from '../model/design.ts';
import { type PlannerInputs, upShare } from '../model/inputs.ts';
import type { MetricId, Metrics } from '../model/metrics.ts';
import { sumOf } from '../numeric/lists.ts';

export type DocumentView = {
  readonly N: number;
  readonly M: number;
  /** Mean one-way delay between the copies, seconds. */
  readonly D: number;
  readonly B: number;
  /** Seconds of a cache hit. */
  readonly R: number;
  readonly meanP: number;
  readonly docObjective: number;
};

export function documentView(design: Design, inputs: PlannerInputs): DocumentView {
  const scene = new Scene(inputs);
  const { nodes, pool } = scene.place(design);
  const meanP = sumOf(nodes, upShare) / nodes.length;
  const delays = nodes.flatMap((from) =>
    nodes.filter((to) => to !== from).map((to) => distMean(scene.link(from.site, to.site).oneWaySec.value)),
  );
  return {
    N: pool.length,
    M: nodes.length,
    D: delays.length === 0 ? 0 : sumOf(delays, (delay) => delay) / delays.length,
    B: design.blockBytes,
    R: distMean(inputs.store.cacheHitSec.value),
    meanP,
    docObjective: 1 - meanP,
  };
}

/** Why the document's objective and the planner rank two designs differently; undefined when they do not. */
export function rankingReason(left: Metrics, right: Metrics, metric: MetricId): string | undefined {
  const byDocument = Math.sign(left.docObjective - right.docObjective);
  const byPlanner = Math.sign(left[metric] - right[metric]);
  if (byDocument === byPlanner) return undefined;
  if (byDocument === 0) return 'same mean P, different quorum, placement or mode: the document cannot tell them apart';
  return byPlanner === 0
    ? `the document sees other nodes, but ${metric} is the same`
    : `the document counts nodes that are up on average; ${metric} asks whether enough of them are up together`;
}
