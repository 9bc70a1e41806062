/**
 * Why: the founding document claims five trends. Each is tried out on the user's own numbers, by changing one thing a
 * little and evaluating again, and judged with the reason; none holds without conditions.
 */
import { scaled } from '../distribution.ts';
import { Evaluator, SharedWork } from '../evaluate/evaluate.ts';
import { majority } from '../formulas/protocol-latency.ts';
import { blockConsistency } from '../formulas/staleness.ts';
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import type { MetricId, Metrics } from '../model/metrics.ts';
import { documentView } from './document.ts';

export type Verdict = 'agrees' | 'disagrees' | 'no effect' | 'not tried';

export type Trend = {
  readonly claim: string;
  readonly verdict: Verdict;
  readonly metric: string;
  /** Null where it could not be tried. */
  readonly before: number | null;
  readonly after: number | null;
  readonly reason: string;
};

export function documentTrends(design: Design, inputs: PlannerInputs): Trend[] {
  const trial = new Trial(design, inputs);
  return [trial.moreNodes(), trial.moreReplicas(), trial.smallerBlocks(), trial.shorterDelay(), trial.fasterCache()];
}

const sameShare = 1e-3;

/** The document promises less of each metric. */
function judge(before: number, after: number): Pick<Trend, 'verdict' | 'before' | 'after'> {
  const same = before === after || Math.abs(after - before) <= sameShare * Math.abs(before);
  if (same) return { verdict: 'no effect', before, after };
  return { verdict: after < before ? 'agrees' : 'disagrees', before, after };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

const slightlyLess = 0.9;

class Trial {
  readonly #design: Design;
  readonly #inputs: PlannerInputs;
  readonly #shared = new SharedWork();
  readonly #now: Metrics;

  constructor(design: Design, inputs: PlannerInputs) {
    this.#design = design;
    this.#inputs = inputs;
    this.#now = this.#run(design, inputs);
  }

  #run(design: Design, inputs: PlannerInputs): Metrics {
    return new Evaluator(inputs, this.#shared).evaluate(design);
  }

  #compare(metric: MetricId, design: Design, inputs = this.#inputs) {
    return { metric, ...judge(this.#now[metric], this.#run(design, inputs)[metric]) };
  }

  /** One copy more on a node that has none; undefined when there is no such node, or fragments instead of copies. */
  #withOneMore(): Design | undefined {
    const { placement, writeQuorum, readQuorum, ec } = this.#design;
    const spare = this.#inputs.nodes.find((node) => !placement.includes(node.id));
    if (spare === undefined || ec !== undefined) return undefined;
    const half = majority(placement.length + 1);
    return {
      ...this.#design,
      placement: [...placement, spare.id],
      writeQuorum: writeQuorum === 1 ? 1 : half,
      readQuorum: readQuorum === 1 ? 1 : half,
    };
  }

  #withMore(claim: string, metric: MetricId, reason: string): Trend {
    const larger = this.#withOneMore();
    if (larger !== undefined) return { claim, ...this.#compare(metric, larger), reason };
    const why = 'there is no node left to add, or the design has fragments instead of copies';
    return { claim, metric, verdict: 'not tried', before: null, after: null, reason: why };
  }

  moreNodes(): Trend {
    const size = this.#design.placement.length;
    const quorums = `a majority of ${size} is ${majority(size)}, of ${size + 1} it is ${majority(size + 1)}`;
    const reason = `${quorums}; an even group gains nothing over the odd one before it, and a weak node costs`;
    return this.#withMore('more nodes, more availability', 'writeUnavailability', reason);
  }

  moreReplicas(): Trend {
    const reason = 'where quorums meet, or one catalog decides, M changes nothing; with partial quorums it hurts';
    return this.#withMore('more replicas, better consistency', 'staleProbability', reason);
  }

  /** Half the block size: fewer writers meet in one block, and less of the wire carries payload. */
  smallerBlocks(): Trend {
    const now = this.#blocks(this.#design.blockBytes);
    const half = this.#blocks(this.#design.blockBytes / 2);
    const wire = `payload on the wire falls from ${percent(now.efficiency)} to ${percent(half.efficiency)}`;
    return {
      claim: 'smaller blocks, better consistency and less throughput',
      metric: 'conflictPairsPerSec',
      ...judge(now.conflictPairsPerSec, half.conflictPairsPerSec),
      reason: `B changes how often two writers meet in one block, not the consistency model; ${wire}`,
    };
  }

  #blocks(blockBytes: number) {
    const { workloads, links, store } = this.#inputs;
    const perSec = workloads.reduce((sum, workload) => sum + workload.writesPerSec.value, 0);
    return blockConsistency({
      fileBytes: Math.max(...workloads.map((workload) => workload.objectBytes.value)),
      blockBytes,
      bandwidthBps: Math.min(...links.map((link) => link.bandwidthBps.value)),
      delaySec: documentView(this.#design, this.#inputs).D,
      siteWriteRates: [perSec / 2, perSec / 2],
      perBlockSec: store.perBlockSec.value,
    });
  }

  shorterDelay(): Trend {
    const links = this.#inputs.links.map((link) => {
      return { ...link, oneWaySec: { ...link.oneWaySec, value: scaled(link.oneWaySec.value, slightlyLess) } };
    });
    return {
      claim: 'lower D, better consistency',
      ...this.#compare('stalenessWindowSec', this.#design, { ...this.#inputs, links }),
      reason:
        'D shortens the window of asynchronous modes; where every read sees the last commit it shortens waits only',
    };
  }

  fasterCache(): Trend {
    const { store } = this.#inputs;
    const cacheHitSec = { ...store.cacheHitSec, value: scaled(store.cacheHitSec.value, slightlyLess) };
    const changed = { ...this.#inputs, store: { ...store, cacheHitSec } };
    const ratio = percent(this.#now.cacheHit);
    return {
      claim: 'lower cache latency, faster access',
      ...this.#compare('readP50Sec', this.#design, changed),
      reason: `the mean falls by the hit ratio (${ratio}) times the change of R; the median only where it is a hit`,
    };
  }
}
