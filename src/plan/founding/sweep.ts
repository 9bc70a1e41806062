/** Why: the document's variables can be swept and drawn, its objective beside the planner's metrics. */
import { unreachable } from '../../base/assert.ts';
import { scaled } from '../distribution.ts';
import { Evaluator, SharedWork } from '../evaluate/evaluate.ts';
import { majority } from '../formulas/protocol-latency.ts';
import type { Design } from '../model/design.ts';
import type { PlannedNode, PlannerInputs } from '../model/inputs.ts';
import type { Metrics } from '../model/metrics.ts';
import { range } from '../numeric/lists.ts';
import { documentView } from './document.ts';

export const sweepVariables = ['N', 'M', 'D', 'B', 'R'] as const;
export type SweepVariable = (typeof sweepVariables)[number];

export type SweepPoint = {
  readonly variable: SweepVariable;
  /** In the planner's unit: a count, seconds, or bytes. */
  readonly value: number;
  readonly metrics: Metrics;
};

const factors: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const blockPowers = 9;

/** Every value of one variable, all else as given. */
export function sweep(variable: SweepVariable, design: Design, inputs: PlannerInputs): SweepPoint[] {
  const shared = new SharedWork();
  const now = documentView(design, inputs);
  const point = (value: number, changed: Design, world: PlannerInputs): SweepPoint => ({
    variable,
    value,
    metrics: new Evaluator(world, shared).evaluate(changed),
  });
  switch (variable) {
    case 'N':
      return poolSizes(design, inputs).map((count) => point(count, design, withPool(inputs, design, count)));
    case 'M':
      return range(Math.min(7, inputs.nodes.length)).map((index) =>
        point(index + 1, withCopies(design, inputs, index + 1), inputs),
      );
    case 'B':
      return range(blockPowers).map((power) =>
        point(2 ** (18 + power), { ...design, blockBytes: 2 ** (18 + power) }, inputs),
      );
    case 'D':
      return factors.map((factor) => point(factor * now.D, design, withDelay(inputs, factor)));
    case 'R':
      return factors.map((factor) => point(factor * now.R, design, withCacheLatency(inputs, factor)));
    default:
      return unreachable(variable);
  }
}

function poolSizes(design: Design, inputs: PlannerInputs): number[] {
  const least = design.placement.length;
  return range(inputs.nodes.length - least + 1).map((index) => least + index);
}

/** Sites in turn, so that any prefix is spread over as many as it can be. */
function siteBySite({ nodes, sites }: PlannerInputs): PlannedNode[] {
  const inSites = sites.map((site) => nodes.filter((node) => node.site === site.id));
  return range(nodes.length).flatMap((turn) => inSites.flatMap((list) => list.slice(turn, turn + 1)));
}

/** The design's own nodes and as many others as are asked for. */
function withPool(inputs: PlannerInputs, design: Design, count: number): PlannerInputs {
  const own = inputs.nodes.filter((node) => design.placement.includes(node.id));
  const others = siteBySite(inputs).filter((node) => !design.placement.includes(node.id));
  return { ...inputs, nodes: [...own, ...others.slice(0, count - own.length)] };
}

/** M copies, sites in turn, beginning with the design's own nodes; majorities where the design had one. */
function withCopies(given: Design, inputs: PlannerInputs, copies: number): Design {
  const { leader, ec: _coded, ...design } = given;
  const ids = siteBySite(inputs).map((node) => node.id);
  const rest = ids.filter((id) => !design.placement.includes(id));
  const placement = [...design.placement, ...rest].slice(0, copies);
  const writeQuorum = design.writeQuorum === 1 ? 1 : majority(copies);
  const readQuorum = design.readQuorum === 1 ? 1 : majority(copies);
  const kept = leader !== undefined && placement.includes(leader) ? { leader } : {};
  return { ...design, ...kept, placement, writeQuorum, readQuorum };
}

function withDelay(inputs: PlannerInputs, factor: number): PlannerInputs {
  const links = inputs.links.map((link) => ({
    ...link,
    oneWaySec: { ...link.oneWaySec, value: scaled(link.oneWaySec.value, factor) },
  }));
  return { ...inputs, links };
}

function withCacheLatency(inputs: PlannerInputs, factor: number): PlannerInputs {
  const { cacheHitSec } = inputs.store;
  return {
    ...inputs,
    store: { ...inputs.store, cacheHitSec: { ...cacheHitSec, value: scaled(cacheHitSec.value, factor) } },
  };
}
