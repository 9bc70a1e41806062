/**
 * Why: the slow answers decide what users feel: order statistics of quorums, transfers in blocks, hedging and fan-out.
 */
import { cdf, type Dist, quantile } from '../distribution.ts';
import { range, sumOf } from '../numeric/lists.ts';
import { atLeastOnce, poissonBinomialPmf, tails } from '../numeric/probability.ts';
import { bisectUpwards } from '../numeric/roots.ts';

/** Mean of the k-th fastest of n exponentials: mean (H_n - H_{n-k}). */
export function expOrderStatMean(input: { readonly n: number; readonly k: number; readonly meanSec: number }) {
  return { value: input.meanSec * sumOf(range(input.k), (done) => 1 / (input.n - done)) };
}

/** P(at least k of the answers have come by t). */
export function quorumCdf(dists: readonly Dist[], k: number, t: number): number {
  return tails(poissonBinomialPmf(dists.map((dist) => cdf(dist, t))), k).atLeast;
}

/** The q-quantile of the k-th fastest answer of nodes with different delays. */
export function quorumLatencyQuantile(input: {
  readonly dists: readonly Dist[];
  readonly k: number;
  readonly q: number;
}) {
  return { valueSec: bisectUpwards((t) => quorumCdf(input.dists, input.k, t) >= input.q) };
}

export type TransferInput = {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly bandwidthBps: number;
  readonly hops: number;
  readonly rttSec: number;
  readonly perBlockSec: number;
  readonly pipelined: boolean;
};

/** Time of an object cut into blocks over store-and-forward hops. */
export function transferTime(input: TransferInput) {
  const { sizeBytes, bandwidthBps, hops, rttSec, perBlockSec } = input;
  const blocks = Math.ceil(sizeBytes / input.blockBytes);
  const first = Math.min(input.blockBytes, sizeBytes);
  const onWire = input.pipelined ? sizeBytes + (hops - 1) * first : hops * sizeBytes;
  const totalSec = rttSec + onWire / bandwidthBps + blocks * perBlockSec;
  const ttfbSec = rttSec + (hops * first) / bandwidthBps + perBlockSec;
  return { blocks, ttfbSec, totalSec, throughputBps: sizeBytes / totalSec };
}

/**
 * sqrt(o size bw / (h - 1)): where the fill of the pipeline and the overhead per block balance. Infinite for one hop.
 */
export function optimalBlock(input: {
  readonly sizeBytes: number;
  readonly bandwidthBps: number;
  readonly hops: number;
  readonly perBlockSec: number;
}) {
  return { valueBytes: Math.sqrt((input.perBlockSec * input.sizeBytes * input.bandwidthBps) / (input.hops - 1)) };
}

/** Bandwidth-delay limit of `window` blocks in flight. */
export function windowThroughput(input: {
  readonly bandwidthBps: number;
  readonly window: number;
  readonly blockBytes: number;
  readonly rttSec: number;
}) {
  const perRound = input.window * input.blockBytes;
  return { valueBps: Math.min(input.bandwidthBps, perRound / (input.rttSec + input.blockBytes / input.bandwidthBps)) };
}

export type HedgeInput = { readonly dist: Dist; readonly delaySec: number; readonly q: number };

/** A second request after `delaySec`: F_h(t) = 1 - (1 - F(t))(1 - F(t - delay)); extra load 1 - F(delay). */
export function hedgedRequest({ dist, delaySec, q }: HedgeInput) {
  const missing = (t: number) => (1 - cdf(dist, t)) * (t > delaySec ? 1 - cdf(dist, t - delaySec) : 1);
  return {
    quantileSec: bisectUpwards((t) => 1 - missing(t) >= q),
    extraLoad: 1 - cdf(dist, delaySec),
    unhedgedQuantileSec: quantile(dist, q),
  };
}

/** P(at least one of n parts is slow): Dean and Barroso, "The tail at scale", CACM 2013. */
export function fanoutTail(input: { readonly n: number; readonly slowProbability: number }) {
  return { value: atLeastOnce(input.slowProbability, input.n) };
}
