/** Why: majorities are not always the best quorums; for few nodes all systems can be tried. */

import { CopysetError } from '../../../base/errors.ts';
import { at } from '../../numeric/lists.ts';
import { bestStrategy, type QuorumNode, type ReadFractions, type StrategyGoal, systemOf } from './load.ts';
import { antichains, minimalTransversals, type NodeSet, sizeOf } from './system.ts';

export type QuorumSearchInput = StrategyGoal & {
  readonly nodes: Readonly<Record<string, QuorumNode>>;
  readonly readFraction: ReadFractions;
  readonly minResilience: number;
};

const maxSearchedNodes = 5;

/**
 * Over every antichain of read quorums (166 for 4 nodes, 7,579 for 5): how many there are, how many have read and write
 * resilience of at least minResilience, and the best value of the goal among those (null when none meets the limits).
 */
export function quorumSearch(input: QuorumSearchInput) {
  const names = Object.keys(input.nodes);
  if (names.length > maxSearchedNodes) {
    throw new CopysetError(
      'request.invalid',
      `an exhaustive search takes at most ${maxSearchedNodes} nodes, not ${names.length}`,
    );
  }
  const candidates = antichains(names.length);
  const feasible = candidates.filter((reads) => resilience(reads, names.length) >= input.minResilience);
  const best = bestOf(feasible, input);
  return { best: best?.value ?? null, candidates: candidates.length, feasible: feasible.length };
}

/** Losing a whole smallest write quorum ends reads, losing a whole smallest read quorum ends writes. */
function resilience(reads: readonly NodeSet[], nodes: number): number {
  return Math.min(...reads.map(sizeOf), ...minimalTransversals(reads, nodes).map(sizeOf)) - 1;
}

/** The system with the best value, and that value; undefined when no system meets the limits. */
export function bestOf(systems: readonly (readonly NodeSet[])[], input: QuorumSearchInput) {
  const nodes = Object.values(input.nodes);
  const valued = systems.flatMap((reads) => {
    const strategy = bestStrategy(systemOf(nodes, reads, 0), input.readFraction, input);
    return strategy === undefined ? [] : [{ reads, value: strategy[input.optimize] }];
  });
  return valued.reduce<(typeof valued)[number] | undefined>(
    (best, each) => (best === undefined || each.value < best.value ? each : best),
    valued.length === 0 ? undefined : at(valued, 0),
  );
}
