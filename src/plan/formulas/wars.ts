/**
 * Why: partial quorums have no closed form for staleness; the WARS model (Bailis et al., "Probabilistically Bounded
 * Staleness for Practical Partial Quorums", VLDB 2012) is drawn instead. Milliseconds, as in the paper.
 */
import { type Random, seededRandom } from '../../base/random.ts';
import { type Dist, type Sampler, sampler } from '../distribution.ts';
import { quantileOfSorted } from '../numeric/statistics.ts';

const defaultTrials = 1_000_000;
const defaultSeed = 1;

type Trials = { readonly minTrials?: number; readonly seed?: number };

export type WarsInput = Trials & {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly writeDist: Dist;
  readonly ackDist: Dist;
  readonly readDist: Dist;
  readonly respDist: Dist;
  /** Since the commit. */
  readonly tMs: number;
  /** One replica per site, writer and reader in random sites: added to every message that leaves its site. */
  readonly remoteOneWayMs?: number;
};

/** P(a read that starts tMs after the commit sees it). Standard error at 1e6 trials: below 5e-4. */
export function warsConsistency(input: WarsInput) {
  const trials = input.minTrials ?? defaultTrials;
  const neededWait = warsTrial(input, seededRandom(input.seed ?? defaultSeed));
  let consistent = 0;
  for (let trial = 0; trial < trials; trial++) if (neededWait() <= input.tMs) consistent++;
  return { consistentProbability: consistent / trials };
}

/** The mean time after a commit during which a read misses it: P(stale) = write rate x this, while that is small. */
export function warsStaleWindow(input: Omit<WarsInput, 'tMs'>): number {
  const trials = input.minTrials ?? defaultTrials;
  const neededWait = warsTrial(input, seededRandom(input.seed ?? defaultSeed));
  let total = 0;
  for (let trial = 0; trial < trials; trial++) total += Math.max(0, neededWait());
  return total / trials;
}

/**
 * One write, then one read: how long after the commit the read must start so that one of the r replicas that answer
 * first has the write by then; negative when it may start before.
 */
function warsTrial(input: Omit<WarsInput, 'tMs'>, random: Random): () => number {
  const { n, r, w, remoteOneWayMs = 0 } = input;
  const [writing, acking, reading, responding] = [input.writeDist, input.ackDist, input.readDist, input.respDist].map(
    (dist) => sampler(dist, random),
  ) as [Sampler, Sampler, Sampler, Sampler];
  const arrival = new Float64Array(n);
  const asked = new Float64Array(n);
  const done = new Float64Array(n);
  const roundTrips = (there: Float64Array, out: Sampler, back: Sampler) => {
    const home = remoteOneWayMs > 0 ? random.integer(n) : 0;
    for (let i = 0; i < n; i++) {
      const extra = i === home ? 0 : remoteOneWayMs;
      const arrived = out() + extra;
      there[i] = arrived;
      done[i] = arrived + back() + extra;
    }
  };
  return () => {
    roundTrips(arrival, writing, acking);
    const committed = smallest(done, w);
    roundTrips(asked, reading, responding);
    const answered = smallest(done, r);
    let needed = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      const wait = (arrival[i] as number) - committed - (asked[i] as number);
      if ((done[i] as number) <= answered && wait < needed) needed = wait;
    }
    return needed;
  };
}

/** The k-th smallest of a few values, without allocation: by rank counting. */
function smallest(values: Float64Array, k: number): number {
  for (let i = 0; i < values.length; i++) {
    const candidate = values[i] as number;
    let before = 0;
    for (let j = 0; j < values.length; j++) {
      const other = values[j] as number;
      if (other < candidate || (other === candidate && j < i)) before++;
    }
    if (before === k - 1) return candidate;
  }
  return Number.NaN;
}

export type WarsLatencyInput = Trials & {
  readonly n: number;
  readonly k: number;
  readonly outDist: Dist;
  readonly backDist: Dist;
  readonly q: number;
};

/** The q-quantile of the k-th smallest of n round trips out + back. */
export function warsLatencyQuantile(input: WarsLatencyInput) {
  const random = seededRandom(input.seed ?? defaultSeed);
  const out = sampler(input.outDist, random);
  const back = sampler(input.backDist, random);
  const roundTrip = new Float64Array(input.n);
  const kth = new Float64Array(input.minTrials ?? defaultTrials);
  for (let trial = 0; trial < kth.length; trial++) {
    for (let i = 0; i < input.n; i++) roundTrip[i] = out() + back();
    kth[trial] = smallest(roundTrip, input.k);
  }
  kth.sort();
  return { valueMs: quantileOfSorted(kth, input.q) };
}
