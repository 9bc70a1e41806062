/**
 * Why: losing data needs more failures than a set tolerates before repair catches up. Birth-death chains for
 * independent failures, and the repair time that enters them; failures that come together are in correlated-loss.ts.
 */
import { unreachable } from '../../base/assert.ts';
import { at, range, sum } from '../numeric/lists.ts';
import { atLeastOnce, binomialAbove } from '../numeric/probability.ts';
import { daySec, yearSec } from '../units.ts';

export type RepairOrder = 'serial' | 'parallel';

type Chain = { readonly n: number; readonly tolerate: number; readonly repair: RepairOrder };

/** 1 for serial repair, the number failed for parallel. */
export function repairsAtOnce(repair: RepairOrder, failed: number): number {
  switch (repair) {
    case 'serial':
      return Math.min(failed, 1);
    case 'parallel':
      return failed;
    default:
      return unreachable(repair);
  }
}

/** h_0 + ... + h_m with h_0 = 1 / lambda_0 and h_i = 1 / lambda_i + (mu_i / lambda_i) h_{i-1}, in seconds. */
function meanTimeToLossSec({ n, tolerate, repair }: Chain, failureRate: number, repairRate: number): number {
  let step = 0;
  let total = 0;
  for (let failed = 0; failed <= tolerate; failed++) {
    const failing = (n - failed) * failureRate;
    const repairing = repairsAtOnce(repair, failed) * repairRate;
    step = 1 / failing + (repairing / failing) * step;
    total += step;
  }
  return total;
}

export type MttdlInput = Chain & { readonly mtbfSec: number; readonly mttrSec: number };

/**
 * Mean time to data loss of one set of n that tolerates `tolerate` failures (M copies: n = M, tolerate = M - 1; k + m
 * coded: n = k + m, tolerate = m). approx = c mu^m / (lambda^(m+1) prod(n - i)), c = m! for parallel repair.
 */
export function mttdl(input: MttdlInput) {
  const { n, tolerate, mtbfSec, mttrSec, repair } = input;
  const mttdlSeconds = meanTimeToLossSec(input, 1 / mtbfSec, 1 / mttrSec);
  const orders = range(tolerate + 1);
  const ways = orders.reduce((product, i) => product * (n - i), 1);
  const repairs = repair === 'parallel' ? orders.reduce((product, i) => product * Math.max(i, 1), 1) : 1;
  const approxSec = (repairs * mtbfSec * (mtbfSec / mttrSec) ** tolerate) / ways;
  return { mttdlSeconds, mttdlYears: mttdlSeconds / yearSec, approxYears: approxSec / yearSec };
}

/**
 * The same chain for a whole system of `groups` sets, with the repair rate given; in days (XORing Elephants, PVLDB
 * 2013).
 */
export function mttdlSystemDays(
  input: Chain & { readonly mtbfSec: number; readonly repairPerSec: number; readonly groups: number },
) {
  return { valueDays: meanTimeToLossSec(input, 1 / input.mtbfSec, input.repairPerSec) / input.groups / daySec };
}

export type RepairInput = {
  /** V: bytes to rebuild. */
  readonly dataBytes: number;
  readonly blockBytes: number;
  /** Read per shard rebuilt: 1 for copies, k for codes. */
  readonly readShards: number;
  readonly sources: number;
  readonly targets: number;
  readonly nodeBps: number;
  /** Share of a node's bandwidth that repair may take. */
  readonly throttle: number;
  readonly perBlockSec: number;
  readonly concurrencyPerSource: number;
  readonly detectSec: number;
};

/**
 * How long a lost node's bytes take to come back: where N, B and the scatter width enter durability (mttr = totalSec).
 */
export function repairTime(input: RepairInput) {
  const { dataBytes, readShards, sources, targets } = input;
  const readSec = (readShards * dataBytes) / (sources * input.nodeBps * input.throttle);
  const writeSec = dataBytes / (targets * input.nodeBps * input.throttle);
  const blocks = Math.ceil(dataBytes / input.blockBytes);
  const overheadSec = (blocks * readShards * input.perBlockSec) / (sources * input.concurrencyPerSource);
  const totalSec = input.detectSec + Math.max(readSec, writeSec) + overheadSec;
  return { readSec, writeSec, overheadSec, totalSec, trafficBytes: readShards * dataBytes };
}

/** P(loss within a year) of `groups` independent sets, and its nines. */
export function annualDurability(input: { readonly mttdlYears: number; readonly groups: number }) {
  const annualLossProbability = -Math.expm1(-input.groups / input.mttdlYears);
  return { annualLossProbability, nines: -Math.log10(annualLossProbability) };
}

/** Backblaze's method: more than m of k + m drives lost within one repair window, compounded over a 365-day year. */
export function windowDurability(input: {
  readonly dataShards: number;
  readonly parityShards: number;
  readonly annualFailureRate: number;
  readonly repairDays: number;
}) {
  const p = (input.annualFailureRate * input.repairDays) / 365;
  const windowLossProbability = binomialAbove(input.dataShards + input.parityShards, p, input.parityShards);
  const annualLossProbability = atLeastOnce(windowLossProbability, 365 / input.repairDays);
  return { windowLossProbability, annualLossProbability, nines: -Math.log10(annualLossProbability) };
}

/** 1 - (1 - ber)^(8 bytes): the chance that reading `bytes` meets a latent error. Scrubbing lowers the rate. */
export function ureProbability(input: { readonly bitErrorRate: number; readonly bytes: number }) {
  return { value: atLeastOnce(input.bitErrorRate, 8 * input.bytes) };
}

/** What can end the data, each as a yearly probability or rate. */
export type LossCauses = {
  readonly independent: number;
  readonly bursts: number;
  readonly sites: number;
  /** Operators and software: caps the nines that anybody may claim. */
  readonly operator: number;
};

/** P(any cause strikes within a year), and which one leads. */
export function combinedLoss(causes: LossCauses): { annualLossProbability: number; leading: keyof LossCauses } {
  const names = Object.keys(causes) as (keyof LossCauses)[];
  const survival = sum(names.map((name) => Math.log1p(-Math.min(causes[name], 1))));
  const leading = names.reduce((most, name) => (causes[name] > causes[most] ? name : most), at(names, 0));
  return { annualLossProbability: -Math.expm1(survival), leading };
}
