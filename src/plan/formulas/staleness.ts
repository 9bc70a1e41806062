/**
 * Why: what a reader may miss, what two writers may overwrite, and what a lost site takes with it: each has a number.
 */
import { unreachable } from '../../base/assert.ts';
import { sum, sumOf } from '../numeric/lists.ts';
import { lnChoose } from '../numeric/special.ts';
import { zipfPopularity } from './cache.ts';

/**
 * P(a read misses all of the last k versions) of non-expanding partial quorums: [C(N-W, R) / C(N, R)]^k (Bailis, VLDB
 * 2012).
 */
export function pbsKStaleness({
  n,
  r,
  w,
  k,
}: {
  readonly n: number;
  readonly r: number;
  readonly w: number;
  readonly k: number;
}) {
  return { staleProbability: Math.exp(k * (lnChoose(n - w, r) - lnChoose(n, r))) };
}

/** P(a read is stale) under Poisson writes and a replica that lags by a fixed or an exponential time. */
export function staleReadProbability(input: {
  readonly writeRatePerSec: number;
  readonly lagSec: number;
  readonly kind: 'fixed' | 'exp';
}) {
  const writes = input.writeRatePerSec * input.lagSec;
  return { value: input.kind === 'fixed' ? -Math.expm1(-writes) : writes / (1 + writes) };
}

/** Backlog of an applier while a burst is faster than it is. Rates in one unit of work per second. */
export function lagUnderBurst(input: {
  readonly baseRate: number;
  readonly burstRate: number;
  readonly burstSec: number;
  readonly applyRate: number;
  readonly propagationSec: number;
}) {
  const { baseRate, applyRate, propagationSec } = input;
  const maxBacklog = Math.max(0, (input.burstRate - applyRate) * input.burstSec);
  const spare = applyRate - baseRate;
  return {
    maxBacklog,
    maxLagSec: propagationSec + maxBacklog / applyRate,
    drainSec: spare > 0 ? maxBacklog / spare : Number.POSITIVE_INFINITY,
    steadyLagSec: spare > 0 ? propagationSec + 1 / spare : Number.POSITIVE_INFINITY,
  };
}

/** Unordered pairs of different sites, weighted by both write rates. */
function crossSitePairs(rates: readonly number[]): number {
  return (sum(rates) ** 2 - sumOf(rates, (rate) => rate ** 2)) / 2;
}

/**
 * Writes of two sites to one key within the lag of each other, keys Zipf. Simulated within 0.4 %; after Gray, SIGMOD
 * 1996.
 */
export function writeConflicts(input: {
  readonly keys: number;
  readonly alpha: number;
  readonly siteWriteRates: readonly number[];
  readonly lagSec: number;
}) {
  const { siteWriteRates, lagSec } = input;
  const popularity = zipfPopularity(input.keys, input.alpha);
  const collisionMass = sumOf(popularity, (each) => each.count * each.share ** 2);
  const total = sum(siteWriteRates);
  const hitByOthers = (rate: number) =>
    sumOf(popularity, (each) => each.count * each.share * -Math.expm1(-2 * lagSec * each.share * (total - rate)));
  return {
    conflictPairsPerSec: 2 * lagSec * collisionMass * crossSitePairs(siteWriteRates),
    writeConflictProbability: sumOf(siteWriteRates, (rate) => (rate / total) * hitByOthers(rate)),
    collisionMass,
  };
}

/** What the block size does to the chance of two writers meeting in one block, and to the wire. */
export function blockConsistency(input: {
  readonly fileBytes: number;
  readonly blockBytes: number;
  readonly bandwidthBps: number;
  readonly delaySec: number;
  readonly siteWriteRates: readonly number[];
  readonly perBlockSec: number;
}) {
  const blocks = Math.ceil(input.fileBytes / input.blockBytes);
  const onWireSec = input.blockBytes / input.bandwidthBps;
  const windowSec = input.delaySec + onWireSec;
  return {
    blocks,
    windowSec,
    sameBlockProbability: 1 / blocks,
    conflictPairsPerSec: (2 * windowSec * crossSitePairs(input.siteWriteRates)) / blocks,
    efficiency: onWireSec / (onWireSec + input.perBlockSec),
  };
}

export type RecoveryInput = {
  readonly mode: 'sync' | 'async' | 'snapshot';
  readonly lagSec: number;
  readonly writeBps: number;
  readonly writesPerSec: number;
  readonly detectSec: number;
  readonly electSec: number;
  readonly redirectSec: number;
  readonly backlogBytes: number;
  readonly applyBps: number;
  /** For snapshots: their interval, and how long one takes to leave the site. */
  readonly intervalSec?: number;
  readonly uploadSec?: number;
};

/** Recovery point (what is lost) and recovery time (how long nobody serves) after a site is gone. */
export function rpoRto(input: RecoveryInput) {
  const rpoSec = recoveryPointSec(input);
  return {
    rpoSec,
    lostBytes: rpoSec * input.writeBps,
    lostWrites: rpoSec * input.writesPerSec,
    rtoSec: input.detectSec + input.electSec + input.redirectSec + input.backlogBytes / input.applyBps,
  };
}

function recoveryPointSec(input: RecoveryInput): number {
  switch (input.mode) {
    case 'sync':
      return 0;
    case 'async':
      return input.lagSec;
    case 'snapshot':
      return (input.intervalSec ?? 0) + (input.uploadSec ?? 0);
    default:
      return unreachable(input.mode);
  }
}
