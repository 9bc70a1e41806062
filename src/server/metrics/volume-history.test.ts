import { expect, test } from 'vitest';
import type { VolumeId } from '../../base/ids.ts';
import { MetricRegistry } from '../../observe/metrics/registry.ts';
import { VolumeHistory } from './volume-history.ts';

const id = 'a'.repeat(16) as VolumeId;

function valuesOf(metrics: MetricRegistry): Record<string, number> {
  const samples = metrics.print().matchAll(/^copyset_volume_(\w+)\{volume="a+"\} (\S+)$/gm);
  return Object.fromEntries([...samples].map(([, name, value]) => [name, Number(value)]));
}

test('failures that pass, the time without an answer, and losses are told apart', () => {
  const metrics = new MetricRegistry();
  const history = new VolumeHistory(metrics);
  const life = ['up', 'up', 'down', 'down', 'up', 'down', 'lost', 'lost'] as const;
  for (const [second, state] of life.entries()) history.see([{ id, state }], second * 1000);
  expect(valuesOf(metrics)).toEqual({
    observed_seconds_total: 6,
    down_seconds_total: 3,
    failures_total: 2,
    losses_total: 1,
  });
});

test('a volume that was never away has zeros, not nothing', () => {
  const metrics = new MetricRegistry();
  const history = new VolumeHistory(metrics);
  history.see([{ id, state: 'up' }], 0);
  history.see([{ id, state: 'up' }], 500);
  expect(valuesOf(metrics)).toEqual({
    observed_seconds_total: 0.5,
    down_seconds_total: 0,
    failures_total: 0,
    losses_total: 0,
  });
});
