/** Why: published results that anybody can look up, reproduced as printed there, each with where it is printed. */
import { describe, expect, it } from 'vitest';
import type { Dist } from '../distribution.ts';
import { checkpointInterval } from '../hotness/hotness.ts';
import { quorumLoadLp } from '../optimise/quorum/load.ts';
import { hourSec } from '../units.ts';
import { copysetCount, correlatedLoss, ecAvailability } from './correlated-loss.ts';
import { mttdl, mttdlSystemDays, windowDurability } from './durability.ts';
import { fanoutTail } from './latency.ts';
import { pbsKStaleness } from './staleness.ts';
import { warsConsistency } from './wars.ts';

const wholeLoss = (sets: number) =>
  correlatedLoss({ nodes: 5000, failed: 50, setSize: 3, tolerate: 2, sets }).lossProbability;
const copysets = (scheme: 'random-window-paper' | 'copyset', scatterWidth: number) =>
  copysetCount({ scheme, nodes: 5000, replicas: 3, scatterWidth }).value;

/** LNKD-DISK of the PBS paper, table 3: milliseconds. */
const disk: Dist = {
  type: 'mix',
  parts: [
    { weight: 0.38, dist: { type: 'pareto', xm: 1.05, alpha: 1.51 } },
    { weight: 0.62, dist: { type: 'exp', mean: 1 / 0.183 } },
  ],
};
const network: Dist = {
  type: 'mix',
  parts: [
    { weight: 0.9122, dist: { type: 'pareto', xm: 0.235, alpha: 10 } },
    { weight: 0.0878, dist: { type: 'exp', mean: 1 / 1.66 } },
  ],
};
const lnkdDisk = (tMs: number) =>
  warsConsistency({
    n: 3,
    r: 1,
    w: 1,
    writeDist: disk,
    ackDist: network,
    readDist: network,
    respDist: network,
    tMs,
    minTrials: 100_000,
  }).consistentProbability;

const unequal = {
  a: { readCapacity: 200, writeCapacity: 100 },
  b: { readCapacity: 200, writeCapacity: 100 },
  c: { readCapacity: 100, writeCapacity: 50 },
  d: { readCapacity: 100, writeCapacity: 50 },
};

describe('published results', () => {
  it.each([
    [
      'Cidon et al., Copysets, ATC 2013, abstract: random placement loses data, 99.99 %',
      wholeLoss(13_333_333),
      0.9999,
      1e-4,
    ],
    ['ibid.: Facebook, random window S = 10, 22.8 %', wholeLoss(copysets('random-window-paper', 10)), 0.228, 1e-3],
    ['ibid.: Facebook, copysets S = 10, 0.78 %', wholeLoss(copysets('copyset', 10)), 0.0078, 5e-5],
    ['ibid., figure 6: RAMCloud, copysets S = 2, 0.15 %', wholeLoss(copysets('copyset', 2)), 0.0015, 1e-4],
    [
      'Weatherspoon and Kubiatowicz, IPTPS 2002: 32 fragments at rate 1/2, 10 % of 10^6 machines down, 0.999999998',
      ecAvailability({ nodes: 1e6, failed: 1e5, totalShards: 32, neededShards: 16 }).availability,
      0.999_999_998,
      1e-9,
    ],
    [
      'ibid.: two whole replicas, 0.99',
      ecAvailability({ nodes: 1e6, failed: 1e5, totalShards: 2, neededShards: 1 }).availability,
      0.99,
      1e-5,
    ],
    [
      'Backblaze, erasure-coding-durability, 17 + 3, AFR 0.405 %, 6.5 days: 11 nines, loss 7.354e-12',
      windowDurability({ dataShards: 17, parityShards: 3, annualFailureRate: 0.00405, repairDays: 6.5 })
        .annualLossProbability,
      7.354e-12,
      1e-15,
    ],
    [
      'Sathiamoorthy et al., XORing Elephants, PVLDB 2013, table 1: 3-replication, 2.3079e10 days',
      mttdlSystemDays({
        n: 3,
        tolerate: 2,
        mtbfSec: 4 * 365 * 86_400,
        repairPerSec: 0.5,
        repair: 'serial',
        groups: 41_943_040,
      }).valueDays,
      2.3079e10,
      1e6,
    ],
    [
      'Dean and Barroso, The Tail at Scale, CACM 2013: 63 % of requests',
      fanoutTail({ n: 100, slowProbability: 0.01 }).value,
      0.63,
      0.005,
    ],
    ['ibid.: almost one in five', fanoutTail({ n: 2000, slowProbability: 0.0001 }).value, 0.2, 0.02],
    [
      'Bailis et al., PBS, VLDB 2012, section 3.1: N = 3, R = W = 1, 0.667',
      pbsKStaleness({ n: 3, r: 1, w: 1, k: 1 }).staleProbability,
      0.667,
      5e-4,
    ],
    [
      'ibid.: N = 100, R = W = 30, 1.88e-6',
      pbsKStaleness({ n: 100, r: 30, w: 30, k: 1 }).staleProbability,
      1.88e-6,
      5e-9,
    ],
    ['ibid., section 5.6: LNKD-DISK, fresh at once, 43.9 %', lnkdDisk(0), 0.439, 0.006],
    ['ibid.: LNKD-DISK, fresh after 10 ms, 92.5 %', lnkdDisk(10), 0.925, 0.006],
    [
      'Whittaker et al., Quoracle, PaPoC 2021, section 3: a quorum of rows and columns, 200 commands/s',
      quorumLoadLp({
        nodes: unequal,
        readQuorums: [
          ['a', 'b'],
          ['c', 'd'],
        ],
        readFraction: { '0.5': 1 },
        optimize: 'load',
      }).capacity,
      200,
      1e-6,
    ],
    [
      'Llama 3 405B, section 3.3.4: 419 stops in 54 days; Young with 60 s checkpoints, 1,156 s',
      checkpointInterval({ checkpointSec: 60, mtbfSec: (54 * 24 * hourSec) / 419 }).youngSec,
      1156,
      0.5,
    ],
  ])('%s', (_, got, printed, tolerance) => {
    expect(Math.abs((got ?? Number.NaN) - printed)).toBeLessThanOrEqual(tolerance);
  });

  it('Ford et al., OSDI 2010, section 8.2: recovery faster by mu, MTTF of R = 3 longer by mu squared', () => {
    const years = (mttrSec: number) => mttdl({ n: 3, tolerate: 2, mtbfSec: 1e8, mttrSec, repair: 'serial' }).mttdlYears;
    expect(years(100) / years(1000)).toBeCloseTo(100, -1);
  });
});
