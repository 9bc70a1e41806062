/**
 * Why: what is asked for often deserves more copies or an earlier fetch; these rules say how many, and whether it pays.
 */
import { at, range, sumOf } from '../numeric/lists.ts';

/** A counter that halves every halfLife: the score, and the request rate that it estimates. */
export function hotCounter(input: {
  readonly eventTimesSec: readonly number[];
  readonly halfLifeSec: number;
  readonly nowSec: number;
}) {
  const score = sumOf(input.eventTimesSec, (time) => 2 ** (-(input.nowSec - time) / input.halfLifeSec));
  return { score, ratePerSec: (score * Math.LN2) / input.halfLifeSec };
}

/** Copies that keep each one's utilisation at or below rhoMax, within [min, max]. */
export function hotReplicas(input: {
  readonly ratePerSec: number;
  readonly serviceSec: number;
  readonly rhoMax: number;
  readonly min: number;
  readonly max: number;
}) {
  const needed = Math.ceil((input.ratePerSec * input.serviceSec) / input.rhoMax);
  return { value: Math.min(input.max, Math.max(input.min, needed)) };
}

/**
 * Spends a budget of copies where each next one saves most of sum rate / replicas: the integer form of the square-root
 * rule (Cohen and Shenker, SIGCOMM 2002). Ties go to the lower index.
 */
export function replicaAllocation(input: {
  readonly ratesPerSec: readonly number[];
  readonly budget: number;
  readonly min: number;
  readonly max: number;
}) {
  const replicas = input.ratesPerSec.map(() => input.min);
  const gain = (index: number) => {
    const have = at(replicas, index);
    return have >= input.max ? 0 : at(input.ratesPerSec, index) * (1 / have - 1 / (have + 1));
  };
  for (let left = input.budget - input.min * replicas.length; left > 0; left--) {
    const best = range(replicas.length).reduce((most, index) => (gain(index) > gain(most) ? index : most), 0);
    if (gain(best) <= 0) break;
    replicas[best] = at(replicas, best) + 1;
  }
  return { replicas, cost: sumOf(replicas, (count, index) => at(input.ratesPerSec, index) / count) };
}

/** Fetch ahead when p > cost / ((miss - hit) value). */
export function prefetchDecision(input: {
  readonly probability: number;
  readonly missSec: number;
  readonly hitSec: number;
  readonly fetchCost: number;
  readonly valuePerSec: number;
}) {
  const threshold = input.fetchCost / ((input.missSec - input.hitSec) * input.valuePerSec);
  return { threshold, prefetch: input.probability > threshold };
}

/** Blocks to hold in flight when the order of an epoch is known: latency times rate. */
export function prefetchDepth(input: { readonly fetchSec: number; readonly blocksPerSec: number }): number {
  return Math.ceil(input.fetchSec * input.blocksPerSec);
}

/**
 * Time between checkpoints: Young (CACM 1974), Daly (FGCS 2006) to second order, and the share of time wasted at
 * Young's.
 */
export function checkpointInterval({
  checkpointSec,
  mtbfSec,
}: {
  readonly checkpointSec: number;
  readonly mtbfSec: number;
}) {
  const youngSec = Math.sqrt(2 * checkpointSec * mtbfSec);
  const ratio = checkpointSec / (2 * mtbfSec);
  const dalySec = ratio < 1 ? youngSec * (1 + Math.sqrt(ratio) / 3 + ratio / 9) - checkpointSec : mtbfSec;
  return { youngSec, dalySec, wasteFraction: checkpointSec / youngSec + youngSec / (2 * mtbfSec) };
}
