import { expect, test } from 'vitest';
import { MetricRegistry } from './registry.ts';

test('a counter grows, by labels, in whatever order these are given', () => {
  const metrics = new MetricRegistry();
  const puts = metrics.counter('copyset_puts_total', 'Puts.');
  puts.add();
  puts.add(2, { volume: 'a', result: 'ok' });
  puts.add(3, { result: 'ok', volume: 'a' });
  expect(metrics.print()).toBe(
    [
      '# HELP copyset_puts_total Puts.',
      '# TYPE copyset_puts_total counter',
      'copyset_puts_total 1',
      'copyset_puts_total{result="ok",volume="a"} 5',
      '',
    ].join('\n'),
  );
  expect(() => puts.add(-1)).toThrow('only grows');
});

test('a gauge shows what was set last, an observed one what holds at the scrape', () => {
  const metrics = new MetricRegistry();
  const free = metrics.gauge('copyset_free_bytes', 'Free.');
  let jobs = 1;
  metrics.observed('copyset_jobs', 'Jobs.', () => [{ value: jobs }, { value: Infinity, labels: { kind: 'scrub' } }]);
  free.set(5);
  free.set(4);
  jobs = 2;
  expect(metrics.print()).toContain('copyset_free_bytes 4\n');
  expect(metrics.print()).toContain('copyset_jobs 2\ncopyset_jobs{kind="scrub"} +Inf\n');
});

test('a histogram has cumulative buckets, a sum and a count', () => {
  const metrics = new MetricRegistry();
  const latency = metrics.histogram('copyset_get_seconds', 'Gets.', [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 3]) latency.observe(value, { tier: 'memory' });
  expect(metrics.print().split('\n').slice(2, -1)).toEqual([
    'copyset_get_seconds_bucket{tier="memory",le="0.1"} 2',
    'copyset_get_seconds_bucket{tier="memory",le="1"} 3',
    'copyset_get_seconds_bucket{tier="memory",le="+Inf"} 4',
    'copyset_get_seconds_sum{tier="memory"} 3.65',
    'copyset_get_seconds_count{tier="memory"} 4',
  ]);
});

test('labels and help are escaped', () => {
  const metrics = new MetricRegistry();
  metrics.gauge('copyset_x', 'a\\b\nc').set(1, { path: 'a"b\\c\nd' });
  expect(metrics.print()).toContain('# HELP copyset_x a\\\\b\\nc\n');
  expect(metrics.print()).toContain('copyset_x{path="a\\"b\\\\c\\nd"} 1\n');
});

test('series are bounded: the rest is counted together', () => {
  const metrics = new MetricRegistry();
  const counter = metrics.counter('copyset_x_total', 'x');
  for (let at = 0; at < 1500; at++) counter.add(1, { at: String(at) });
  expect(metrics.print().split('\n')).toHaveLength(1000 + 4);
  expect(metrics.print()).toContain('copyset_x_total{overflow="true"} 500\n');
});

test('names are checked, and used once', () => {
  const metrics = new MetricRegistry();
  expect(() => metrics.gauge('puts', 'x')).toThrow('copyset_*');
  expect(() => metrics.counter('copyset_puts', 'x')).toThrow('_total');
  metrics.gauge('copyset_x', 'x');
  expect(() => metrics.gauge('copyset_x', 'x')).toThrow('exists already');
});
