/** Why: what must hold for any numbers, whatever the vectors say about some. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { range } from '../numeric/lists.ts';
import { betaBinomialAvailability, countUp, domainQuorumAvailability, poissonBinomialTail } from './availability.ts';
import { cheLru, cheLruBytes, lfuHit, randomCache } from './cache.ts';
import { commCost } from './cost.ts';
import { combinedLoss, mttdl } from './durability.ts';
import { hedgedRequest, quorumLatencyQuantile } from './latency.ts';
import { modes } from './protocol-latency.ts';
import { mg1, mmc } from './queue.ts';
import { rpoRto } from './staleness.ts';
import { warsConsistency, warsStaleWindow } from './wars.ts';

const up = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const group = fc.array(up, { minLength: 1, maxLength: 7 });

describe('availability', () => {
  it('rises when one node gets better', () => {
    fc.assert(
      fc.property(group, fc.nat(), fc.nat(), (p, at, k) => {
        const quorum = 1 + (k % p.length);
        const better = p.map((each, index) => (index === at % p.length ? each + (1 - each) / 2 : each));
        const down = (nodes: readonly number[]) => poissonBinomialTail({ p: nodes, k: quorum }).lessThan;
        expect(down(better)).toBeLessThan(down(p));
      }),
    );
  });

  it('is the Poisson-binomial when no domain fails, however the nodes are grouped', () => {
    fc.assert(
      fc.property(group, fc.nat(), (p, k) => {
        const quorum = 1 + (k % p.length);
        const domains = [
          { up: 1, nodes: p.slice(0, 2) },
          { up: 1, domains: [{ up: 1, nodes: p.slice(2) }] },
        ];
        const grouped = domainQuorumAvailability({ domains, k: quorum });
        expect(grouped.unavailability).toBeCloseTo(poissonBinomialTail({ p, k: quorum }).lessThan, 12);
      }),
    );
  });

  it('of a rack inside a site is the product of both', () => {
    const [none, one] = countUp([{ up: 0.9, domains: [{ up: 0.8, nodes: [0.5] }] }]);
    expect(one).toBeCloseTo(0.36, 12);
    expect(none).toBeCloseTo(0.64, 12);
  });

  it('with vanishing correlation is the binomial', () => {
    const independent = betaBinomialAvailability({ n: 5, k: 3, mean: 0.9, rho: 0 }).unavailability;
    expect(betaBinomialAvailability({ n: 5, k: 3, mean: 0.9, rho: 1e-7 }).unavailability / independent).toBeCloseTo(
      1,
      4,
    );
  });
});

describe('durability', () => {
  it('is at least as good with parallel repair', () => {
    const chain = fc.record({
      n: fc.integer({ min: 2, max: 12 }),
      spare: fc.nat(11),
      ratio: fc.double({ min: 2, max: 1e6, noNaN: true }),
    });
    fc.assert(
      fc.property(chain, ({ n, spare, ratio }) => {
        const set = { n, tolerate: Math.min(spare, n - 1), mtbfSec: 1e8, mttrSec: 1e8 / ratio };
        const serial = mttdl({ ...set, repair: 'serial' }).mttdlSeconds;
        expect(mttdl({ ...set, repair: 'parallel' }).mttdlSeconds).toBeGreaterThanOrEqual(serial);
      }),
    );
  });

  it('adds causes, and names the one that leads', () => {
    const loss = combinedLoss({ independent: 1e-9, bursts: 1e-6, sites: 0, operator: 1e-4 });
    expect(loss.leading).toBe('operator');
    expect(loss.annualLossProbability).toBeCloseTo(1.01e-4, 8);
  });
});

describe('caches', () => {
  it('rank as LFU, LRU, random under Zipf', () => {
    const input = fc.record({
      objects: fc.integer({ min: 20, max: 500 }),
      alpha: fc.double({ min: 0.3, max: 1.4, noNaN: true }),
      share: fc.double({ min: 0.05, max: 0.8, noNaN: true }),
    });
    fc.assert(
      fc.property(input, ({ objects, alpha, share }) => {
        const cache = { objects, alpha, cacheObjects: Math.ceil(objects * share) };
        const lru = cheLru(cache).hitRatio;
        expect(lfuHit(cache).value).toBeGreaterThanOrEqual(lru - 1e-9);
        expect(lru).toBeGreaterThanOrEqual(randomCache(cache).hitRatio - 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('in bytes are those in objects when all sizes are equal', () => {
    const whole = cheLru({ objects: 300, alpha: 0.9, cacheObjects: 40 });
    const bytes = cheLruBytes({ objects: 300, alpha: 0.9, capacityBytes: 40 * 64, sizes: [64] });
    expect(bytes.hitRatio).toBeCloseTo(whole.hitRatio, 9);
    expect(bytes.byteHitRatio).toBeCloseTo(whole.hitRatio, 9);
  });

  it('of a catalog in bins are close to those rank by rank', () => {
    const exact = cheLru({ objects: 100_000, alpha: 0.8, cacheObjects: 5_000 }).hitRatio;
    const binned = cheLru({ objects: 110_000, alpha: 0.8, cacheObjects: 5_500 }).hitRatio;
    expect(Math.abs(exact - binned)).toBeLessThan(0.003);
  });
});

describe('queues', () => {
  it('wait half as long when everything is twice as fast', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 0.94, noNaN: true }), fc.integer({ min: 1, max: 12 }), (rho, servers) => {
        const slow = mmc({ lambdaPerSec: rho * servers, muPerSec: 1, servers });
        const fast = mmc({ lambdaPerSec: 2 * rho * servers, muPerSec: 2, servers });
        expect(fast.meanResponseSec).toBeCloseTo(slow.meanResponseSec / 2, 9);
      }),
    );
  });

  it('with exponential service agree as M/G/1 and M/M/1', () => {
    const general = mg1({ lambdaPerSec: 6, meanServiceSec: 0.1, scv: 1 });
    expect(general.meanWaitSec).toBeCloseTo(mmc({ lambdaPerSec: 6, muPerSec: 10, servers: 1 }).meanWaitSec, 12);
  });

  it('never end at full load', () => {
    expect(mmc({ lambdaPerSec: 10, muPerSec: 2, servers: 5 }).meanWaitSec).toBe(Number.POSITIVE_INFINITY);
    expect(mg1({ lambdaPerSec: 10, meanServiceSec: 0.1, scv: 1 }).meanWaitSec).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('latency', () => {
  it('hedged is never later', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 0.5, max: 0.999, noNaN: true }),
        (delaySec, q) => {
          const { quantileSec, unhedgedQuantileSec } = hedgedRequest({
            dist: { type: 'lognormal', mu: 0, sigma: 1 },
            delaySec,
            q,
          });
          expect(quantileSec).toBeLessThanOrEqual(unhedgedQuantileSec * (1 + 1e-9));
        },
      ),
    );
  });

  it('of a quorum grows with its size', () => {
    const dists = range(5).map((index) => ({ type: 'exp', mean: index + 1 }) as const);
    const quantiles = range(5).map((index) => quorumLatencyQuantile({ dists, k: index + 1, q: 0.9 }).valueSec);
    expect(quantiles).toEqual([...quantiles].sort((left, right) => left - right));
  });
});

describe('traffic', () => {
  const place = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });

  it('between sites is never more with a relay, and in all the same', () => {
    fc.assert(
      fc.property(fc.constantFrom(...modes), place, fc.nat(3), (mode, nodeSites, clientSite) => {
        const input = { mode, nodeSites, clientSite, sizeBytes: 1000, headerBytes: 20, ackBytes: 10 };
        const direct = commCost(input);
        const relayed = commCost({ ...input, relay: true });
        expect(relayed.crossSiteBytes).toBeLessThanOrEqual(direct.crossSiteBytes);
        expect(relayed.bytes).toBe(direct.bytes);
      }),
    );
  });

  it('has the message counts that the protocols are known for', () => {
    const messages = (mode: (typeof modes)[number]) =>
      commCost({ mode, nodeSites: [0, 0, 0, 0, 0], clientSite: 0, sizeBytes: 1, headerBytes: 0, ackBytes: 0 }).messages;
    expect(modes.map((mode) => [mode, messages(mode)])).toEqual([
      ['raft', 10],
      ['multipaxos', 10],
      ['paxos', 18],
      ['chain', 10],
      ['primary-sync', 10],
      ['primary-async', 10],
      ['multi-primary', 10],
      ['quorum', 10],
    ]);
  });
});

describe('staleness', () => {
  const leg = { type: 'exp', mean: 1 } as const;
  const quorums = { n: 3, r: 1, w: 1, writeDist: leg, ackDist: leg, readDist: leg, respDist: leg, minTrials: 20_000 };

  it('is over once quorums meet', () => {
    expect(warsConsistency({ ...quorums, r: 2, w: 2, tMs: 0 }).consistentProbability).toBe(1);
    expect(warsStaleWindow({ ...quorums, r: 2, w: 2 })).toBe(0);
  });

  it('has a window that is the area above the consistency curve', () => {
    const steps = range(60).map((step) => 1 - warsConsistency({ ...quorums, tMs: step * 0.1 }).consistentProbability);
    const area = 0.1 * (steps.reduce((sum, miss) => sum + miss, 0) - (steps[0] as number) / 2);
    expect(warsStaleWindow(quorums) / area).toBeCloseTo(1, 1);
  });

  it('grows when replicas are far from each other', () => {
    const near = warsConsistency({ ...quorums, tMs: 0 }).consistentProbability;
    expect(warsConsistency({ ...quorums, tMs: 0, remoteOneWayMs: 75 }).consistentProbability).toBeLessThan(near);
  });

  it('of snapshots is their interval and their upload', () => {
    const given = {
      lagSec: 1,
      writeBps: 10,
      writesPerSec: 2,
      detectSec: 1,
      electSec: 1,
      redirectSec: 1,
      backlogBytes: 0,
      applyBps: 1,
    };
    const lost = rpoRto({ ...given, mode: 'snapshot', intervalSec: 3600, uploadSec: 60 });
    expect(lost).toMatchObject({ rpoSec: 3660, lostBytes: 36_600, lostWrites: 7320 });
  });
});
