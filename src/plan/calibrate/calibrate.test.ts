import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { type Dist, mean, quantile, sampler } from '../distribution.ts';
import { exampleFile } from '../example-inputs.ts';
import { cheLru } from '../formulas/cache.ts';
import { printInputs, readInputs } from '../model/read-inputs.ts';
import { range } from '../numeric/lists.ts';
import { calibrate, telemetryOf } from './calibrate.ts';
import { judgePredictions } from './closed-loop.ts';
import { parseExposition, Scrape } from './exposition.ts';
import { fitBodyAndTail, fitDistribution, samplesOfBuckets } from './fit-distribution.ts';
import { failureBursts } from './fits.ts';

const bounds = range(60).map((index) => 1e-4 * 1.2 ** index);

/** What a server would print for these observations. */
function histogramText(name: string, labels: string, samples: readonly number[]): string {
  const counts = bounds.map((bound) => samples.filter((sample) => sample <= bound).length);
  const line = (bound: string, count: number) =>
    `${name}_bucket{${labels}${labels === '' ? '' : ','}le="${bound}"} ${count}`;
  return [
    ...bounds.map((bound, index) => line(String(bound), counts[index] as number)),
    line('+Inf', samples.length),
    '',
  ].join('\n');
}

function drawn(dist: Dist, count: number, seed: number): number[] {
  const draw = sampler(dist, seededRandom(seed));
  return range(count).map(() => draw());
}

describe('the text of /metrics', () => {
  it('is read with labels, escapes, infinities and timestamps', () => {
    const samples = parseExposition('# HELP x y\n\nx{a="b",c="d\\"e\\\\f\\n"} +Inf\ny 2.5e-3 1700000000\n');
    expect(samples).toEqual([
      { name: 'x', labels: { a: 'b', c: 'd"e\\f\n' }, value: Number.POSITIVE_INFINITY },
      { name: 'y', labels: {}, value: 0.0025 },
    ]);
  });

  it.each(['x', 'x{a=b} 1', 'x{a="b" 1', '{a="b"} 1', 'x NaN', 'x one'])('refuses %s with its line', (line) => {
    expect(() => parseExposition(`ok 1\n${line}`)).toThrow(/line 2/);
  });

  it('sums what matches, and adds up histograms of several series', () => {
    const scrape = new Scrape(
      parseExposition('h_bucket{v="1",le="1"} 2\nh_bucket{v="2",le="1"} 3\nh_bucket{v="2",le="+Inf"} 4\nc{v="1"} 5'),
    );
    expect(scrape.histogram('h')).toEqual([
      { upTo: 1, count: 5 },
      { upTo: Number.POSITIVE_INFINITY, count: 4 },
    ]);
    expect(scrape.total('c')).toBe(5);
    expect(scrape.total('c', { v: '2' })).toBeUndefined();
  });
});

describe('fits', () => {
  const lognormal: Dist = { type: 'lognormal', mu: Math.log(0.003), sigma: 0.4 };
  const shifted: Dist = { type: 'shifted-exp', shift: 0.02, mean: 0.004 };

  it.each([lognormal, shifted].map((dist) => [dist.type, dist] as const))('find a %s again', (type, dist) => {
    const fit = fitDistribution(drawn(dist, 4000, 1));
    expect(fit.dist.type).toBe(type);
    for (const q of [0.5, 0.99]) expect(quantile(fit.dist, q) / quantile(dist, q)).toBeCloseTo(1, 1);
  });

  it('find a Pareto body with an exponential tail', () => {
    const mixed: Dist = {
      type: 'mix',
      parts: [
        { weight: 0.9, dist: { type: 'pareto', xm: 0.235, alpha: 10 } },
        { weight: 0.1, dist: { type: 'exp', mean: 2 } },
      ],
    };
    const fit = fitBodyAndTail(
      drawn(mixed, 20_000, 3)
        .filter((x) => x >= 0.235)
        .sort((a, b) => a - b),
    );
    expect(fit.alpha / 10).toBeCloseTo(1, 0);
    expect(fit.weight).toBeGreaterThan(0.85);
    expect(fit.mean).toBeGreaterThan(1.2);
  });

  it('use the samples themselves when there are few, or no curve is close', () => {
    expect(fitDistribution([3, 1, 2])).toMatchObject({
      dist: { type: 'empirical', samples: [1, 2, 3] },
      hasTail: false,
    });
    const twoPeaks = [...range(1000).map((index) => 1 + index * 1e-4), ...range(1000).map((index) => 9 + index * 1e-4)];
    const fit = fitDistribution(twoPeaks);
    expect(fit.dist.type).toBe('empirical');
    expect(quantile(fit.dist, 0.75)).toBeCloseTo(9.05, 1);
  });

  it('read quantiles from buckets', () => {
    const samples = drawn(lognormal, 5000, 2);
    const scrape = new Scrape(parseExposition(histogramText('h', '', samples)));
    const read = samplesOfBuckets(scrape.histogram('h'));
    expect(read.n).toBe(5000);
    const sorted = read.samples;
    expect((sorted[sorted.length / 2] as number) / 0.003).toBeCloseTo(1, 1);
  });

  it('chain failures into bursts', () => {
    expect(failureBursts([0, 60, 150, 400, 450], 120)).toEqual([
      [0, 60, 150],
      [400, 450],
    ]);
  });
});

describe('calibrate', () => {
  const single = exampleFile({
    sites: [{ id: 'a' }],
    nodes: [{ id: 'v', count: 2, site: 'a', capacity: '1TB' }],
    racks: [],
    links: [],
  });
  const [workload] = single.workloads as object[];
  const base = readInputs({ ...single, workloads: [{ ...workload, clients: [{ site: 'a' }] }] });
  const writes: Dist = { type: 'shifted-exp', shift: 0.02, mean: 0.002 };
  const hits = Math.round(1e6 * cheLru({ objects: 1000, alpha: 0.75, cacheObjects: 100 }).hitRatio);
  const later = [
    histogramText('copyset_volume_write_seconds', 'volume="v-1"', drawn(writes, 3000, 4)),
    histogramText('copyset_catalog_commit_seconds', '', drawn({ type: 'exp', mean: 0.002 }, 2000, 5)),
    'copyset_volume_read_latency_seconds{volume="v-2"} 0.004',
    'copyset_volume_observed_seconds_total{volume="v-1"} 31557600',
    'copyset_volume_failures_total{volume="v-1"} 4',
    'copyset_volume_down_seconds_total{volume="v-1"} 2400',
    'copyset_volume_losses_total{volume="v-1"} 1',
    'copyset_requests_total{op="get"} 5000',
    'copyset_requests_total{op="put"} 900',
    'copyset_objects 1000',
    'copyset_object_bytes 4000000000',
    `copyset_cache_hits ${hits}`,
    `copyset_cache_misses ${1e6 - hits}`,
    'copyset_cache_used_bytes 400000000',
  ].join('\n');
  const earlier = 'copyset_requests_total{op="get"} 2000\ncopyset_requests_total{op="put"} 1000\n';
  const calibrated = calibrate(base, telemetryOf(later, earlier, 100));

  it('measures what is seen and leaves the rest as it was', () => {
    const [first, second] = calibrated.nodes;
    expect(first?.diskWriteSec.source).toBe('measured');
    expect(mean(first?.diskWriteSec.value as Dist) / 0.022).toBeCloseTo(1, 1);
    expect(second?.diskWriteSec).toEqual(base.nodes[1]?.diskWriteSec);
    expect(second?.diskReadSec).toEqual({ value: { type: 'const', value: 0.004 }, source: 'measured' });
    expect(mean(calibrated.store.commitSec.value) / 0.002).toBeCloseTo(1, 1);
    expect(calibrated.store.perBlockSec).toEqual(base.store.perBlockSec);
  });

  it('tells failures that pass from losses', () => {
    const [node] = calibrated.nodes;
    expect(node?.mtbfSec).toMatchObject({ value: 31_557_600 / 4, source: 'measured', n: 4 });
    expect(node?.mttrSec.value).toBe(600);
    expect(node?.lossPerYear.value).toBeCloseTo(1, 6);
    expect(node?.lossPerYear.ci?.[0]).toBeLessThan(1);
  });

  it('counts between two scrapes, and from zero when a counter began anew', () => {
    const [seen] = calibrated.workloads;
    expect(seen?.readsPerSec).toEqual({ value: 30, source: 'measured', n: 3000 });
    expect(seen?.writesPerSec.value).toBe(9);
    expect(seen?.objectBytes.value).toBe(4e6);
  });

  it('infers the skew of popularity from the hits of the cache', () => {
    expect(calibrated.workloads[0]?.zipfAlpha.value).toBeCloseTo(0.75, 2);
  });

  it('gives an inputs file', () => {
    expect(readInputs(JSON.parse(JSON.stringify(printInputs(calibrated))))).toEqual(calibrated);
  });
});

it('predictions are judged: a planner that misses its intervals is not trusted', () => {
  const prediction = (actual: number) => ({ metric: 'writeP50Sec', predicted: 10, interval: [8, 12], actual }) as const;
  const good = judgePredictions([9, 10, 11, 12, 10].map(prediction));
  expect(good).toMatchObject({ coverage: 1, trusted: true, widenBy: 1 });
  const bad = judgePredictions([9, 10, 16, 18, 20].map(prediction));
  expect(bad.trusted).toBe(false);
  expect(bad.widenBy).toBe(5);
});
