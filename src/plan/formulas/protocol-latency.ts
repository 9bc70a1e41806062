/**
 * Why: where the leader sits and how many must answer decide the latency of a commit far more than bandwidth does.
 * Means over fixed round trips; quorum-latency.ts has the distributions.
 */
import { unreachable } from '../../base/assert.ts';
import { at, indexOfSmallest, kthSmallest, range } from '../numeric/lists.ts';

export const modes = [
  'raft',
  'multipaxos',
  'paxos',
  'chain',
  'primary-sync',
  'primary-async',
  'multi-primary',
  'quorum',
] as const;
export type Mode = (typeof modes)[number];

export const readLevels = ['lease', 'readindex', 'quorum', 'local', 'tail'] as const;
export type ReadLevel = (typeof readLevels)[number];

/** Seconds; the diagonal is the round trip inside a site. */
export type RttMatrix = readonly (readonly number[])[];

export type Topology = {
  readonly rttSec: RttMatrix;
  /** Site of each node. */
  readonly nodeSites: readonly number[];
  readonly clientSite: number;
};

export function majority(n: number): number {
  return Math.floor(n / 2) + 1;
}

/** Round trips from the client's site to every node. */
export function clientDistances({ rttSec, nodeSites, clientSite }: Topology): number[] {
  return nodeSites.map((site) => at(at(rttSec, clientSite), site));
}

/** Round trips from one node to every node: zero to itself. */
export function nodeDistances({ rttSec, nodeSites }: Topology, from: number): number[] {
  return nodeSites.map((site, node) => (node === from ? 0 : at(at(rttSec, at(nodeSites, from)), site)));
}

/** The node with the smallest round trip, then the lowest index. */
export function nearestNode(topology: Topology): number {
  return indexOfSmallest(clientDistances(topology));
}

export type CommitInput = Topology & {
  readonly mode: Mode;
  readonly diskWriteSec: number;
  readonly leader?: number | null;
  /** A majority unless given. */
  readonly writeQuorum?: number | null;
  /** Of the chain, head first. */
  readonly order?: readonly number[];
};

/** Seconds from the client's request to its acknowledgement, the transfer of the payload left out. */
export function commitLatency(input: CommitInput) {
  return { valueSec: commitSec(input) };
}

function commitSec(input: CommitInput): number {
  const { mode, diskWriteSec } = input;
  const toClient = clientDistances(input);
  const quorum = input.writeQuorum ?? majority(toClient.length);
  const leader = input.leader ?? 0;
  const nearest = nearestNode(input);
  const acknowledged = (from: number) => kthSmallest(nodeDistances(input, from), quorum) + diskWriteSec;
  switch (mode) {
    case 'raft':
    case 'multipaxos':
    case 'primary-sync':
      return at(toClient, leader) + acknowledged(leader);
    case 'primary-async':
      return at(toClient, leader) + diskWriteSec;
    case 'multi-primary':
      return at(toClient, nearest) + diskWriteSec;
    case 'quorum':
      return kthSmallest(toClient, quorum) + diskWriteSec;
    case 'paxos':
      return at(toClient, nearest) + 2 * acknowledged(nearest);
    case 'chain':
      return chainSec(input, toClient);
    default:
      return unreachable(mode);
  }
}

/** Half a round trip into the head, along every hop, and out of the tail; one disk write per node. */
function chainSec(input: CommitInput, toClient: readonly number[]): number {
  const order = input.order ?? range(toClient.length);
  const hops = order.slice(1).map((node, index) => at(nodeDistances(input, at(order, index)), node) / 2);
  const ends = (at(toClient, at(order, 0)) + at(toClient, at(order, order.length - 1))) / 2;
  return hops.reduce((total, hop) => total + hop, ends) + order.length * input.diskWriteSec;
}

export type ReadInput = Topology & {
  readonly level: ReadLevel;
  readonly diskReadSec: number;
  readonly leader?: number | null;
  readonly readQuorum?: number | null;
  /** The last of the chain; the last node unless given. */
  readonly tail?: number;
};

/** Seconds of a read that misses every cache, the transfer left out. */
export function readLatency(input: ReadInput) {
  return { valueSec: fromNodesSec(input) + input.diskReadSec };
}

function fromNodesSec(input: ReadInput): number {
  const toClient = clientDistances(input);
  const leader = input.leader ?? 0;
  const quorum = input.readQuorum ?? majority(toClient.length);
  switch (input.level) {
    case 'lease':
      return at(toClient, leader);
    case 'readindex':
      return at(toClient, leader) + kthSmallest(nodeDistances(input, leader), majority(toClient.length));
    case 'quorum':
      return kthSmallest(toClient, quorum);
    case 'local':
      return Math.min(...toClient);
    case 'tail':
      return at(toClient, input.tail ?? toClient.length - 1);
    default:
      return unreachable(input.level);
  }
}
