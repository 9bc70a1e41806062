/**
 * Why: the founding document states a model: N nodes, M replicas, delay D, block size B, cache latency R, availability P_i,
 * min over D, B, R of max over N, M of 1 - mean(P_i), and five trends. It is shown beside the real metrics, never used to
 * decide, and each trend is tried out on the user's own numbers.
 */

import { mean as distMean, scaled } from '../distribution.ts';
import { Evaluator, SharedWork } from '../evaluate/evaluate.ts';
import { majority } from '../formulas/protocol-latency.ts';
import { blockConsistency } from '../formulas/staleness.ts';
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
  const { scene } = new Evaluator(inputs);
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

export type Verdict = 'agrees' | 'disagrees' | 'no effect';

export type Trend = {
  readonly claim: string;
  readonly verdict: Verdict;
  readonly metric: string;
  readonly before: number;
  readonly after: number;
  readonly reason: string;
};

/** The document's five claims, each by a finite difference of this design and these inputs. */
export function documentTrends(design: Design, inputs: PlannerInputs): Trend[] {
  const shared = new SharedWork();
  const run = (changed: Design, world = inputs) => new Evaluator(world, shared).evaluate(changed);
  const now = run(design);
  return [
    moreNodes(design, inputs, now, run),
    moreReplicas(design, inputs, now, run),
    smallerBlocks(design, inputs),
    shorterDelay(design, inputs, now, run),
    fasterCache(design, inputs, now, run),
  ];
}

type Run = (design: Design, world?: PlannerInputs) => Metrics;

/** One more copy in the site that has most nodes left; undefined when every node is in use. */
function withOneMore(design: Design, inputs: PlannerInputs): Design | undefined {
  const spare = inputs.nodes.find((node) => !design.placement.includes(node.id));
  if (spare === undefined || design.ec !== undefined) return undefined;
  const placement = [...design.placement, spare.id];
  const half = majority(placement.length);
  const keepsAll = design.writeQuorum === design.placement.length && design.writeQuorum > 1;
  const single = design.writeQuorum === 1;
  return {
    ...design,
    placement,
    writeQuorum: single ? 1 : keepsAll ? placement.length : half,
    readQuorum: design.readQuorum === 1 ? 1 : half,
  };
}

function compare(
  metric: MetricId,
  before: Metrics,
  after: Metrics,
  wanted: 'less' | 'more',
): Pick<Trend, 'verdict' | 'metric' | 'before' | 'after'> {
  return { ...judge(before[metric], after[metric], wanted), metric };
}

const sameShare = 1e-3;

function judge(
  before: number,
  after: number,
  wanted: 'less' | 'more',
): { verdict: Verdict; before: number; after: number } {
  const change = after - before;
  if (before === after || Math.abs(change) <= sameShare * Math.abs(before))
    return { verdict: 'no effect', before, after };
  return { verdict: change < 0 === (wanted === 'less') ? 'agrees' : 'disagrees', before, after };
}

function moreNodes(design: Design, inputs: PlannerInputs, now: Metrics, run: Run): Trend {
  const claim = 'more nodes, more availability';
  const larger = withOneMore(design, inputs);
  if (larger === undefined)
    return untried(claim, 'writeUnavailability', 'there is no node left to add, or the design is coded');
  return {
    claim,
    ...compare('writeUnavailability', now, run(larger), 'less'),
    reason: `write quorum ${design.writeQuorum} of ${design.placement.length} becomes ${larger.writeQuorum} of ${larger.placement.length}; an even group gains nothing over the odd one before it`,
  };
}

function moreReplicas(design: Design, inputs: PlannerInputs, now: Metrics, run: Run): Trend {
  const claim = 'more replicas, better consistency';
  const larger = withOneMore(design, inputs);
  if (larger === undefined)
    return untried(claim, 'staleProbability', 'there is no node left to add, or the design is coded');
  return {
    claim,
    ...compare('staleProbability', now, run(larger), 'less'),
    reason:
      'with quorums that meet, or one catalog, consistency does not depend on M; with partial quorums or local reads it falls',
  };
}

/** Half the block size: fewer conflicts inside a file, and a lower share of the wire used for payload. */
function smallerBlocks(design: Design, inputs: PlannerInputs): Trend {
  const [workload] = inputs.workloads;
  const perSec = workload?.writesPerSec.value ?? 0;
  const view = documentView(design, inputs);
  const at = (blockBytes: number) =>
    blockConsistency({
      fileBytes: workload?.objectBytes.value ?? blockBytes,
      blockBytes,
      bandwidthBps: Math.min(...inputs.links.map((link) => link.bandwidthBps.value)),
      delaySec: view.D,
      siteWriteRates: [perSec / 2, perSec / 2],
      perBlockSec: inputs.store.perBlockSec.value,
    });
  const now = at(design.blockBytes);
  const half = at(design.blockBytes / 2);
  return {
    claim: 'smaller blocks, better consistency and less throughput',
    ...judge(now.conflictPairsPerSec, half.conflictPairsPerSec, 'less'),
    metric: 'conflictPairsPerSec',
    reason: `B changes how often two writers meet in one block and the wire efficiency (${percent(now.efficiency)} to ${percent(half.efficiency)}), not the consistency model`,
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function shorterDelay(design: Design, inputs: PlannerInputs, now: Metrics, run: Run): Trend {
  const links = inputs.links.map((link) => ({
    ...link,
    oneWaySec: { ...link.oneWaySec, value: scaled(link.oneWaySec.value, 0.9) },
  }));
  return {
    claim: 'lower D, better consistency',
    ...compare('stalenessWindowSec', now, run(design, { ...inputs, links }), 'less'),
    reason:
      'D shortens the window of asynchronous modes; where every read sees the last commit it only shortens the wait',
  };
}

function fasterCache(design: Design, inputs: PlannerInputs, now: Metrics, run: Run): Trend {
  const cacheHitSec = { ...inputs.store.cacheHitSec, value: scaled(inputs.store.cacheHitSec.value, 0.9) };
  return {
    claim: 'lower cache latency, faster access',
    ...compare('readP50Sec', now, run(design, { ...inputs, store: { ...inputs.store, cacheHitSec } }), 'less'),
    reason: `the mean falls by the hit ratio (${percent(now.cacheHit)}) times the change of R; a percentile above it does not move`,
  };
}

function untried(claim: string, metric: string, reason: string): Trend {
  return { claim, verdict: 'no effect', metric, before: Number.NaN, after: Number.NaN, reason };
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
