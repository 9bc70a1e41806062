/**
 * Why: a service is up when a quorum is up, not when its nodes are up on average. These are the exact probabilities,
 * each with its unavailability summed directly, since 1 - A would lose the very digits that matter.
 */
import { assert } from '../../base/assert.ts';
import { at, range, sum, sumOf } from '../numeric/lists.ts';
import { stationary } from '../numeric/markov.ts';
import { convolve, poissonBinomialPmf, tails } from '../numeric/probability.ts';
import { lnBeta, lnChoose } from '../numeric/special.ts';
import { yearSec } from '../units.ts';

export type Availability = { readonly availability: number; readonly unavailability: number };

/** P(at least k of independent nodes with up-probabilities p) and P(fewer). Majority: k = floor(n / 2) + 1. */
export function poissonBinomialTail(input: { readonly p: readonly number[]; readonly k: number }) {
  return tails(poissonBinomialPmf(input.p), input.k);
}

/** Read, write, both and the mix by read fraction, for quorums of readQuorum and writeQuorum independent nodes. */
export function quorumAvailability(input: {
  readonly p: readonly number[];
  readonly readQuorum: number;
  readonly writeQuorum: number;
  readonly readFraction: number;
}) {
  const pmf = poissonBinomialPmf(input.p);
  const read = tails(pmf, input.readQuorum);
  const write = tails(pmf, input.writeQuorum);
  return {
    read: read.atLeast,
    write: write.atLeast,
    both: Math.min(read.atLeast, write.atLeast),
    mixed: input.readFraction * read.atLeast + (1 - input.readFraction) * write.atLeast,
    readUnavailability: read.lessThan,
    writeUnavailability: write.lessThan,
  };
}

/** A failure domain (site, rack): when it is down, all its nodes are; else each node is up by itself. */
export type Domain = {
  readonly up: number;
  readonly nodes?: readonly number[];
  /** Domains inside it (racks of a site). */
  readonly domains?: readonly Domain[];
};

/** P(at least k nodes are up) with common-cause failures of whole domains. The planner's default model. */
export function domainQuorumAvailability(input: {
  readonly domains: readonly Domain[];
  readonly k: number;
}): Availability {
  const { atLeast, lessThan } = tails(countUp(input.domains), input.k);
  return { availability: atLeast, unavailability: lessThan };
}

/** P(j nodes are up) over all domains. */
export function countUp(domains: readonly Domain[]): number[] {
  return domains.map(countUpIn).reduce(convolve, [1]);
}

function countUpIn(domain: Domain): number[] {
  const inside = convolve(poissonBinomialPmf(domain.nodes ?? []), countUp(domain.domains ?? []));
  return inside.map((p, count) => domain.up * p + (count === 0 ? 1 - domain.up : 0));
}

/**
 * P(at least k of n up) when only the mean and the intra-class correlation rho are known: beta-binomial with
 * alpha = mean (1 - rho) / rho, beta = (1 - mean)(1 - rho) / rho.
 */
export function betaBinomialAvailability(input: {
  readonly n: number;
  readonly k: number;
  readonly mean: number;
  readonly rho: number;
}) {
  const { n, k, mean, rho } = input;
  if (rho === 0) {
    const { atLeast, lessThan } = tails(poissonBinomialPmf(range(n).map(() => mean)), k);
    return {
      availability: atLeast,
      unavailability: lessThan,
      alpha: Number.POSITIVE_INFINITY,
      beta: Number.POSITIVE_INFINITY,
    };
  }
  const alpha = (mean * (1 - rho)) / rho;
  const beta = ((1 - mean) * (1 - rho)) / rho;
  const pmf = range(n + 1).map((j) => Math.exp(lnChoose(n, j) + lnBeta(j + alpha, n - j + beta) - lnBeta(alpha, beta)));
  const { atLeast, lessThan } = tails(pmf, k);
  return { availability: atLeast, unavailability: lessThan, alpha, beta };
}

export type FailoverInput = {
  readonly nodes: number;
  readonly quorum: number;
  readonly mtbfSec: number;
  readonly mttrSec: number;
  readonly failoverSec: number;
};

/**
 * Availability of a group with a leader, election time included: a continuous-time chain of S_j (leader, j up, j >=
 * quorum) and E_j (no leader, j up). quorum 1: primary and replicas with failover; a majority: Raft, Multi-Paxos. First
 * order: U = U_quorum + failover / mtbf. Repair in parallel.
 */
export function failoverAvailability(input: FailoverInput) {
  const pi = stationary(failoverRates(input));
  const serving = input.nodes - input.quorum + 1;
  const unavailability = sum(pi.slice(serving));
  return { availability: sum(pi.slice(0, serving)), unavailability, downtimeSecondsPerYear: unavailability * yearSec };
}

/** States in order: S_quorum..S_nodes, then E_0..E_nodes. */
function failoverRates({ nodes, quorum, mtbfSec, mttrSec, failoverSec }: FailoverInput): number[][] {
  const serving = (up: number) => up - quorum;
  const electing = (up: number) => nodes - quorum + 1 + up;
  const size = nodes - quorum + 1 + nodes + 1;
  const rates = range(size).map(() => new Array<number>(size).fill(0));
  const add = (from: number, to: number, rate: number) => {
    const row = at(rates, from);
    row[to] = at(row, to) + rate;
  };
  for (let up = quorum; up <= nodes; up++) {
    add(serving(up), electing(up - 1), 1 / mtbfSec);
    if (up > 1) add(serving(up), up - 1 >= quorum ? serving(up - 1) : electing(up - 1), (up - 1) / mtbfSec);
    if (up < nodes) add(serving(up), serving(up + 1), (nodes - up) / mttrSec);
    add(electing(up), serving(up), 1 / failoverSec);
  }
  for (let up = 0; up <= nodes; up++) {
    if (up > 0) add(electing(up), electing(up - 1), up / mtbfSec);
    if (up < nodes) add(electing(up), electing(up + 1), (nodes - up) / mttrSec);
  }
  return rates;
}

/**
 * Every site serves its clients; when one fails they are redirected: U = prod(1 - a_i) + sum of w_i f_i redirect /
 * year.
 */
export function activeActiveAvailability(input: {
  readonly sites: readonly {
    readonly availability: number;
    readonly failuresPerYear: number;
    readonly clientWeight: number;
  }[];
  readonly redirectSec: number;
}) {
  const allSitesDown = input.sites.reduce((product, site) => product * (1 - site.availability), 1);
  const redirectShare = sumOf(
    input.sites,
    (site) => (site.clientWeight * site.failuresPerYear * input.redirectSec) / yearSec,
  );
  const unavailability = allSitesDown + redirectShare;
  return { unavailability, availability: 1 - unavailability, allSitesDown, redirectShare };
}

const maxEnumeratedNodes = 20;

/**
 * P(some quorum is wholly up), by enumeration of all states of at most 20 nodes. For grids and hierarchical quorums.
 */
export function quorumSystemAvailability(input: {
  readonly up: Readonly<Record<string, number>>;
  readonly quorums: readonly (readonly string[])[];
}): Availability {
  const names = Object.keys(input.up);
  assert(names.length <= maxEnumeratedNodes, `exact enumeration takes at most ${maxEnumeratedNodes} nodes`);
  const quorums = input.quorums.map((quorum) => quorum.reduce((mask, name) => mask | (1 << names.indexOf(name)), 0));
  let availability = 0;
  let unavailability = 0;
  for (let state = 0; state < 2 ** names.length; state++) {
    const p = names.reduce((product, name, bit) => product * upOrDown(input.up[name] as number, state, bit), 1);
    if (quorums.some((quorum) => (state & quorum) === quorum)) availability += p;
    else unavailability += p;
  }
  return { availability, unavailability };
}

function upOrDown(up: number, state: number, bit: number): number {
  return (state >> bit) & 1 ? up : 1 - up;
}

/** -log10(U), and the seconds of a year that are down. */
export function nines(input: { readonly unavailability: number }) {
  return { nines: -Math.log10(input.unavailability), downtimeSecPerYear: input.unavailability * yearSec };
}

/**
 * The founding document's expression 1 - mean(P_i): the mean share of nodes that are down. Displayed, never optimised.
 */
export function docObjective(input: { readonly p: readonly number[] }) {
  return { value: 1 - sum(input.p) / input.p.length };
}
