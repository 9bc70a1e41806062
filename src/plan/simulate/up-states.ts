/**
 * Why: nines are too rare to wait for. States of sites, racks and nodes are drawn with failures made frequent, and each
 * draw is weighted by how much rarer it really is (importance sampling): unbiased, and precise after thousands of
 * draws.
 */
import { pick, type Random } from '../../base/random.ts';
import { failureDomains, plannedOutShare } from '../evaluate/availabilities.ts';
import type { Domain } from '../formulas/availability.ts';
import type { PlannedNode, PlannerInputs } from '../model/inputs.ts';
import { range, sumOf } from '../numeric/lists.ts';

/** Failures happen at least this often in the draws. */
const frequent = 0.2;

type Draw = { readonly up: boolean; readonly weight: number };

function drawUp(up: number, random: Random): Draw {
  const down = 1 - up;
  if (down === 0) return { up: true, weight: 1 };
  const drawn = Math.max(down, frequent);
  return random.float() < drawn ? { up: false, weight: down / drawn } : { up: true, weight: up / (1 - drawn) };
}

/** Nodes up in one drawn state of the domains, and the weight of the draw. */
function drawCount(domains: readonly Domain[], random: Random): { readonly count: number; readonly weight: number } {
  const parts = domains.map((domain) => {
    const whole = drawUp(domain.up, random);
    const nodes = (domain.nodes ?? []).map((up) => drawUp(up, random));
    const inside = drawCount(domain.domains ?? [], random);
    const weight = nodes.reduce((product, node) => product * node.weight, whole.weight * inside.weight);
    const count = nodes.filter((node) => node.up).length + inside.count;
    return { count: whole.up ? count : 0, weight };
  });
  return {
    count: sumOf(parts, (part) => part.count),
    weight: parts.reduce((product, part) => product * part.weight, 1),
  };
}

export type Quorum = {
  readonly nodes: readonly PlannedNode[];
  readonly k: number;
  /** Share of time that something else keeps it down: catalog, elections. */
  readonly besides: number;
};

/** Batch means of P(fewer than k of the nodes are up, or something else is down), planned work included. */
export function drawnUnavailability(
  inputs: PlannerInputs,
  quorum: Quorum,
  run: { readonly random: Random; readonly batches: number; readonly perBatch: number },
): number[] {
  const whole = failureDomains(inputs, quorum.nodes);
  const withoutOne = quorum.nodes.map((_, index) => failureDomains(inputs, quorum.nodes.toSpliced(index, 1)));
  const planned = quorum.nodes.length * plannedOutShare(inputs);
  const drawn = () => {
    const calm = drawUp(1 - planned, run.random);
    const others = drawUp(1 - quorum.besides, run.random);
    const state = drawCount(calm.up ? whole : pick(run.random, withoutOne), run.random);
    return state.count < quorum.k || !others.up ? calm.weight * others.weight * state.weight : 0;
  };
  return range(run.batches).map(() => sumOf(range(run.perBatch), drawn) / run.perBatch);
}
