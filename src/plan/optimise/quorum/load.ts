/**
 * Why: how much a quorum system carries depends on how often each quorum is used; the best mix is a linear program.
 * After Whittaker et al., "Read-write quorum systems made practical" (Quoracle), PaPoC 2021.
 */
import { assert } from '../../../base/assert.ts';
import { type LinearProgram, type Row, solveLinearProgram } from '../../numeric/linear-program.ts';
import { at, range, sumOf } from '../../numeric/lists.ts';
import { contains, minimalTransversals, type NodeSet, resilientSets, sizeOf } from './system.ts';

export type QuorumNode = { readonly readCapacity: number; readonly writeCapacity: number; readonly latency?: number };

/** Share of reads -> its weight; weights need not add up to 1. */
export type ReadFractions = Readonly<Record<string, number>>;

export type StrategyGoal = {
  readonly optimize: 'load' | 'latency' | 'network';
  readonly loadLimit?: number | null;
  readonly networkLimit?: number | null;
  readonly latencyLimit?: number | null;
};

export type QuorumLoadInput = StrategyGoal & {
  readonly nodes: Readonly<Record<string, QuorumNode>>;
  readonly readQuorums: readonly (readonly string[])[];
  readonly readFraction: ReadFractions;
  /** Use only sets that stay quorums after this many failures. */
  readonly resilienceF?: number;
};

/** Loads, capacity, mean latency and mean quorum size of the best strategy; null where no strategy meets the limits. */
export function quorumLoadLp(input: QuorumLoadInput) {
  const names = Object.keys(input.nodes);
  const reads = input.readQuorums.map((quorum) => quorum.reduce((set, name) => set | (1 << names.indexOf(name)), 0));
  const system = systemOf(Object.values(input.nodes), reads, input.resilienceF ?? 0);
  return (
    bestStrategy(system, input.readFraction, input) ?? { load: null, capacity: null, latency: null, network: null }
  );
}

export type QuorumSystem = {
  readonly nodes: readonly QuorumNode[];
  readonly reads: readonly NodeSet[];
  readonly writes: readonly NodeSet[];
  /** Of each set contacted, the time until a quorum of it has answered. */
  readonly readLatency: readonly number[];
  readonly writeLatency: readonly number[];
};

export function systemOf(
  nodes: readonly QuorumNode[],
  readQuorums: readonly NodeSet[],
  failures: number,
): QuorumSystem {
  const writeQuorums = minimalTransversals(readQuorums, nodes.length);
  const reads = resilientSets(readQuorums, nodes.length, failures);
  const writes = resilientSets(writeQuorums, nodes.length, failures);
  const waits = (sets: readonly NodeSet[], quorums: readonly NodeSet[]) =>
    sets.map((set) => latencyOf(set, quorums, nodes));
  return { nodes, reads, writes, readLatency: waits(reads, readQuorums), writeLatency: waits(writes, writeQuorums) };
}

function latencyOf(set: NodeSet, quorums: readonly NodeSet[], nodes: readonly QuorumNode[]): number {
  const slowest = (quorum: NodeSet) =>
    Math.max(...nodes.map((node, bit) => ((quorum >> bit) & 1 ? (node.latency ?? 0) : 0)));
  return Math.min(...quorums.filter((quorum) => contains(set, quorum)).map(slowest));
}

export type Strategy = {
  readonly load: number;
  readonly capacity: number;
  readonly latency: number;
  readonly network: number;
};

type Mix = { readonly share: number; readonly weight: number };

/** Variables in order: one share per read set, one per write set, one load per read fraction. */
export function bestStrategy(system: QuorumSystem, fractions: ReadFractions, goal: StrategyGoal): Strategy | undefined {
  const mixes = normalised(fractions);
  const program = programOf(system, mixes, goal);
  const solution = solveLinearProgram(program);
  if (solution === undefined) return undefined;
  const loads = mixes.map((mix) => loadUnder(system, mix.share, solution.x));
  const spent = (cost: readonly number[]) => sumOf(cost, (coefficient, column) => coefficient * at(solution.x, column));
  return {
    load: sumOf(mixes, (mix, index) => mix.weight * at(loads, index)),
    capacity: sumOf(mixes, (mix, index) => mix.weight / at(loads, index)),
    latency: spent(meanOf(mixes, system.readLatency, system.writeLatency)),
    network: spent(meanOf(mixes, system.reads.map(sizeOf), system.writes.map(sizeOf))),
  };
}

function normalised(fractions: ReadFractions): Mix[] {
  const entries = Object.entries(fractions).map(([share, weight]) => ({ share: Number(share), weight }));
  const total = sumOf(entries, (mix) => mix.weight);
  assert(total > 0, 'the weights of the read fractions add up to more than zero');
  return entries.map((mix) => ({ share: mix.share, weight: mix.weight / total }));
}

function programOf(system: QuorumSystem, mixes: readonly Mix[], goal: StrategyGoal): LinearProgram {
  const { reads, writes, nodes } = system;
  const zeros = (length: number) => new Array<number>(length).fill(0);
  const load = [...zeros(reads.length + writes.length), ...mixes.map((mix) => mix.weight)];
  const network = meanOf(mixes, reads.map(sizeOf), writes.map(sizeOf));
  const latency = meanOf(mixes, system.readLatency, system.writeLatency);
  const limits: [readonly number[], number | null | undefined][] = [
    [load, goal.loadLimit],
    [network, goal.networkLimit],
    [latency, goal.latencyLimit],
  ];
  const limited = limits.flatMap(([coefficients, bound]): Row[] =>
    bound == null ? [] : [{ coefficients, relation: '<=', bound }],
  );
  const carried = mixes.flatMap((mix, index) =>
    range(nodes.length).map((node) => loadRow(nodeLoad(system, mix.share, node), mixes.length, index)),
  );
  const whole = [
    [...reads.map(() => 1), ...zeros(writes.length + mixes.length)],
    [...zeros(reads.length), ...writes.map(() => 1), ...zeros(mixes.length)],
  ].map((coefficients): Row => ({ coefficients, relation: '=', bound: 1 }));
  return { cost: { load, network, latency }[goal.optimize], rows: [...whole, ...carried, ...limited] };
}

/** What one node carries at this share of reads, per unit of each set's use. */
function nodeLoad({ nodes, reads, writes }: QuorumSystem, share: number, node: number): number[] {
  const { readCapacity, writeCapacity } = at(nodes, node);
  const uses = (set: NodeSet) => (set >> node) & 1;
  return [
    ...reads.map((set) => (share * uses(set)) / readCapacity),
    ...writes.map((set) => ((1 - share) * uses(set)) / writeCapacity),
  ];
}

/** node load - l_f <= 0. */
function loadRow(carried: readonly number[], mixes: number, mix: number): Row {
  const loads = range(mixes).map((index) => (index === mix ? -1 : 0));
  return { coefficients: [...carried, ...loads], relation: '<=', bound: 0 };
}

function loadUnder(system: QuorumSystem, share: number, x: readonly number[]): number {
  const carried = (node: number) =>
    sumOf(nodeLoad(system, share, node), (coefficient, column) => coefficient * at(x, column));
  return Math.max(...range(system.nodes.length).map(carried));
}

/** Coefficients of the mean of a per-set figure over reads and writes. */
function meanOf(mixes: readonly Mix[], ofRead: readonly number[], ofWrite: readonly number[]): number[] {
  const share = sumOf(mixes, (mix) => mix.weight * mix.share);
  return [...ofRead.map((each) => share * each), ...ofWrite.map((each) => (1 - share) * each), ...mixes.map(() => 0)];
}
