/**
 * Why: the list of formulas that have a twin, and what agreement means; run short with every test run, long by itself.
 */
import type { Dist } from '../distribution.ts';
import { failoverAvailability } from '../formulas/availability.ts';
import { cheLru, lfuHit, randomCache, ttlCache } from '../formulas/cache.ts';
import { correlatedLoss } from '../formulas/correlated-loss.ts';
import { mttdl } from '../formulas/durability.ts';
import { hedgedRequest, quorumLatencyQuantile } from '../formulas/latency.ts';
import { mg1, mmc } from '../formulas/queue.ts';
import { pbsKStaleness, writeConflicts } from '../formulas/staleness.ts';
import { type ReplayPolicy, replayHits } from './cache-replay.ts';
import * as twins from './twins.ts';

export type Twin = {
  readonly formula: string;
  /** Draws in each of the batches of a short run. */
  readonly perBatch: number;
  readonly expected: number;
  readonly batchMeans: (run: twins.TwinRun) => number[];
  /** What the formula itself is an approximation to: allowed beyond the interval. */
  readonly bias?: number;
};

const group = { nodes: 3, quorum: 2, mtbfSec: 100, mttrSec: 5, failoverSec: 1 };
const set = { n: 3, tolerate: 2, mtbfSec: 100, mttrSec: 10 };
const burst = { nodes: 60, failed: 6, setSize: 3, tolerate: 2, sets: 40 };
const cache = { objects: 500, alpha: 0.9, cacheObjects: 60 };
const ttl = { objects: 200, alpha: 0.9, ratePerSec: 50, ttlSec: 3 };
const conflicts = { keys: 50, alpha: 0.9, siteWriteRates: [20, 30], lagSec: 0.05 };
const partial = { n: 5, r: 2, w: 2, k: 2 };
const answers: readonly Dist[] = [
  { type: 'exp', mean: 1 },
  { type: 'lognormal', mu: 0, sigma: 0.5 },
  { type: 'shifted-exp', shift: 2, mean: 0.5 },
];
const slow: Dist = {
  type: 'mix',
  parts: [
    { weight: 0.95, dist: { type: 'exp', mean: 0.01 } },
    { weight: 0.05, dist: { type: 'exp', mean: 0.2 } },
  ],
};
const hedge = { dist: slow, delaySec: 0.03, q: 0.9 };
const uneven: Dist = {
  type: 'mix',
  parts: [
    { weight: 0.5, dist: { type: 'const', value: 0.05 } },
    { weight: 0.5, dist: { type: 'exp', mean: 0.15 } },
  ],
};
/** Of `uneven`: mean 0.1, second moment (0.0025 + 0.045) / 2. */
const unevenScv = (0.0025 + 0.045) / 2 / 0.01 - 1;

const replay = (policy: ReplayPolicy) => (run: twins.TwinRun) => replayHits(cache, policy, run);
const quorumAt = (k: number, q: number) => ({
  dists: answers,
  k,
  t: quorumLatencyQuantile({ dists: answers, k, q }).valueSec,
});

export const twinList: readonly Twin[] = [
  {
    formula: 'failoverAvailability',
    perBatch: 4000,
    expected: failoverAvailability(group).availability,
    batchMeans: (run) => twins.availabilityTwin(group, run),
  },
  ...(['serial', 'parallel'] as const).map(
    (repair): Twin => ({
      formula: `mttdl, ${repair} repair`,
      perBatch: 60,
      expected: mttdl({ ...set, repair }).mttdlSeconds,
      batchMeans: (run) => twins.mttdlTwin({ ...set, repair }, run),
    }),
  ),
  {
    formula: 'correlatedLoss',
    perBatch: 100,
    expected: correlatedLoss(burst).lossProbability,
    batchMeans: (run) => twins.burstTwin(burst, run),
  },
  { formula: 'cheLru', perBatch: 4000, expected: cheLru(cache).hitRatio, batchMeans: replay('lru'), bias: 0.002 },
  {
    formula: 'randomCache, random',
    perBatch: 4000,
    expected: randomCache(cache).hitRatio,
    batchMeans: replay('random'),
    bias: 0.003,
  },
  {
    formula: 'randomCache, FIFO',
    perBatch: 4000,
    expected: randomCache(cache).hitRatio,
    batchMeans: replay('fifo'),
    bias: 0.003,
  },
  { formula: 'lfuHit', perBatch: 20_000, expected: lfuHit(cache).value, batchMeans: replay('lfu'), bias: 0.01 },
  {
    formula: 'ttlCache',
    perBatch: 4000,
    expected: ttlCache(ttl).hitRatio,
    batchMeans: (run) => twins.ttlTwin(ttl, run),
  },
  {
    formula: 'mmc',
    perBatch: 6000,
    expected: mmc({ lambdaPerSec: 8, muPerSec: 2, servers: 5 }).meanWaitSec,
    batchMeans: (run) => twins.queueTwin({ lambdaPerSec: 8, service: { type: 'exp', mean: 0.5 }, servers: 5 }, run),
  },
  {
    formula: 'mg1',
    perBatch: 6000,
    expected: mg1({ lambdaPerSec: 6, meanServiceSec: 0.1, scv: unevenScv }).meanWaitSec,
    batchMeans: (run) => twins.queueTwin({ lambdaPerSec: 6, service: uneven, servers: 1 }, run),
  },
  ...[1, 2, 3].map(
    (k): Twin => ({
      formula: `quorumLatencyQuantile, ${k} of 3`,
      perBatch: 2000,
      expected: 0.9,
      batchMeans: (run) => twins.quorumTwin(quorumAt(k, 0.9), run),
    }),
  ),
  {
    formula: 'hedgedRequest',
    perBatch: 4000,
    expected: 0.9,
    batchMeans: (run) => twins.hedgeTwin(hedge, hedgedRequest(hedge).quantileSec, run),
  },
  {
    formula: 'writeConflicts',
    perBatch: 8000,
    expected: writeConflicts(conflicts).conflictPairsPerSec,
    batchMeans: (run) => twins.conflictTwin(conflicts, run),
  },
  {
    formula: 'pbsKStaleness',
    perBatch: 2000,
    expected: pbsKStaleness(partial).staleProbability,
    batchMeans: (run) => twins.partialQuorumTwin(partial, run),
  },
];
