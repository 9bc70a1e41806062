/**
 * Why: most data is lost when many nodes fail at once (a power cut, a bad roll-out), not one after another. How often
 * that loses something depends on the number of distinct sets that hold data: the copysets (Cidon et al., USENIX ATC
 * 2013).
 */
import { unreachable } from '../../base/assert.ts';
import { atLeastOnce, hypergeometricAbove } from '../numeric/probability.ts';
import { choose } from '../numeric/special.ts';

export type CopysetScheme = 'random' | 'random-window' | 'random-window-paper' | 'copyset';

/**
 * Distinct sets of `replicas` nodes. random: one per chunk, at most C(N, R). random-window: N C(S, R - 1); -paper: with
 * S + 1, the count behind the paper's 22.8 %. copyset: ceil(S / (R - 1)) N / R.
 */
export function copysetCount(input: {
  readonly scheme: CopysetScheme;
  readonly nodes: number;
  readonly replicas: number;
  readonly scatterWidth?: number | null;
  readonly chunks?: number | null;
}) {
  const { scheme, nodes, replicas } = input;
  const width = input.scatterWidth ?? nodes - 1;
  switch (scheme) {
    case 'random':
      return { value: Math.min(input.chunks ?? Number.POSITIVE_INFINITY, choose(nodes, replicas)) };
    case 'random-window':
      return { value: nodes * choose(width, replicas - 1) };
    case 'random-window-paper':
      return { value: nodes * choose(width + 1, replicas - 1) };
    case 'copyset':
      return { value: (Math.ceil(width / (replicas - 1)) * nodes) / replicas };
    default:
      return unreachable(scheme);
  }
}

/** P(loss) from P(one set is lost): an upper bound when the sets overlap strongly. */
function overSets(setLossProbability: number, sets: number) {
  return { setLossProbability, lossProbability: atLeastOnce(setLossProbability, sets) };
}

export type CorrelatedLossInput = {
  readonly nodes: number;
  readonly failed: number;
  readonly setSize: number;
  readonly tolerate: number;
  readonly sets: number;
};

/**
 * P(some set loses more than it tolerates) when `failed` random nodes go at once. The bytes expected to be lost per
 * event do not depend on the placement (total * setLossProbability), only how often anything is lost does: show both.
 */
export function correlatedLoss(input: CorrelatedLossInput) {
  const draw = { total: input.nodes, marked: input.failed, drawn: input.setSize };
  return overSets(hypergeometricAbove(draw, input.tolerate), input.sets);
}

/**
 * Tiered replication (Cidon et al., USENIX ATC 2015): one copy in a backup tier that is lost with its own probability.
 */
export function tieredLoss(input: {
  readonly primaryNodes: number;
  readonly primaryFailed: number;
  readonly replicas: number;
  readonly backupFailProbability: number;
  readonly sets: number;
}) {
  const primaries = input.replicas - 1;
  const draw = { total: input.primaryNodes, marked: input.primaryFailed, drawn: primaries };
  return overSets(input.backupFailProbability * hypergeometricAbove(draw, primaries - 1), input.sets);
}

/**
 * P(fewer than `neededShards` survive) when `failed` of `nodes` are down (Weatherspoon and Kubiatowicz, IPTPS 2002).
 */
export function ecAvailability(input: {
  readonly nodes: number;
  readonly failed: number;
  readonly totalShards: number;
  readonly neededShards: number;
}) {
  const draw = { total: input.nodes, marked: input.failed, drawn: input.totalShards };
  const unavailability = hypergeometricAbove(draw, input.totalShards - input.neededShards);
  return { unavailability, availability: 1 - unavailability };
}
