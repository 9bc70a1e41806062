/** Why: one table says what each metric is, in which unit, whether less is better, and which formulas it comes from. */
import { CopysetError } from '../../base/errors.ts';
import type { Dimension } from '../units.ts';

type MetricEntry = {
  readonly dimension: Dimension;
  readonly better: 'less' | 'more';
  readonly text: string;
  readonly formulas: readonly string[];
};

export const metricTable = {
  docObjective: {
    dimension: 'share',
    better: 'less',
    text: 'founding document: 1 - mean P',
    formulas: ['docObjective'],
  },
  writeUnavailability: {
    dimension: 'share',
    better: 'less',
    text: 'share of time that writes fail',
    formulas: ['domainQuorumAvailability'],
  },
  readUnavailability: {
    dimension: 'share',
    better: 'less',
    text: 'share of time that an object cannot be read',
    formulas: ['domainQuorumAvailability'],
  },
  writeP50Sec: { dimension: 'seconds', better: 'less', text: 'write, median', formulas: ['quorumLatencyQuantile'] },
  writeP99Sec: {
    dimension: 'seconds',
    better: 'less',
    text: 'write, 99th percentile',
    formulas: ['quorumLatencyQuantile'],
  },
  readP50Sec: {
    dimension: 'seconds',
    better: 'less',
    text: 'read, median',
    formulas: ['quorumLatencyQuantile', 'cheLru'],
  },
  readP99Sec: {
    dimension: 'seconds',
    better: 'less',
    text: 'read, 99th percentile',
    formulas: ['quorumLatencyQuantile', 'cheLru', 'hedgedRequest'],
  },
  cacheHit: {
    dimension: 'share',
    better: 'more',
    text: 'reads answered by the cache',
    formulas: ['cheLru', 'scanCache'],
  },
  staleProbability: {
    dimension: 'share',
    better: 'less',
    text: 'reads that miss a committed write',
    formulas: ['staleReadProbability', 'warsConsistency'],
  },
  stalenessWindowSec: { dimension: 'seconds', better: 'less', text: 'how long a read may be behind', formulas: [] },
  conflictsPerSec: { dimension: 'perSecond', better: 'less', text: 'conflicting writes', formulas: ['writeConflicts'] },
  rpoSec: { dimension: 'seconds', better: 'less', text: 'writes lost with a site', formulas: ['rpoRto'] },
  rtoSec: { dimension: 'seconds', better: 'less', text: 'until another site serves', formulas: ['rpoRto'] },
  annualLossProbability: {
    dimension: 'share',
    better: 'less',
    text: 'chance of losing any data in a year',
    formulas: ['mttdl', 'copysetCount', 'correlatedLoss', 'annualDurability', 'ureProbability'],
  },
  lostShareExpected: {
    dimension: 'share',
    better: 'less',
    text: 'expected share of the data lost in a year',
    formulas: ['mttdl', 'correlatedLoss'],
  },
  repairSec: { dimension: 'seconds', better: 'less', text: 'until a lost node is rebuilt', formulas: ['repairTime'] },
  crossSiteBps: { dimension: 'bytesPerSecond', better: 'less', text: 'traffic between sites', formulas: ['commCost'] },
  messagesPerWrite: { dimension: 'count', better: 'less', text: 'messages per block written', formulas: ['commCost'] },
  bytesPerWrite: { dimension: 'bytes', better: 'less', text: 'bytes sent per object written', formulas: ['commCost'] },
  writtenBytesPerWrite: {
    dimension: 'bytes',
    better: 'less',
    text: 'bytes made durable per object written, on all nodes',
    formulas: ['metadataCost'],
  },
  storedBytes: { dimension: 'bytes', better: 'less', text: 'bytes on all nodes', formulas: [] },
  metadataBytes: { dimension: 'bytes', better: 'less', text: 'catalog', formulas: ['metadataCost'] },
  usdPerMonth: { dimension: 'usd', better: 'less', text: 'storage, cache and egress per month', formulas: ['money'] },
  maxNodeLoad: {
    dimension: 'share',
    better: 'less',
    text: 'utilisation of the busiest node',
    formulas: ['allenCunneen'],
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricId = keyof typeof metricTable;
export type Metrics = Readonly<Record<MetricId, number>>;

export const metricIds = Object.keys(metricTable) as readonly MetricId[];

/** A limit that a design must keep: metric <= max, or for what is better when more, metric >= max. */
export type Limit = { readonly metric: MetricId; readonly max: number };

export function metricNamed(name: string): MetricId {
  if (!Object.hasOwn(metricTable, name)) {
    throw new CopysetError(
      'request.invalid',
      `there is no metric ${JSON.stringify(name)}; there are ${metricIds.join(', ')}`,
    );
  }
  return name as MetricId;
}

/** Turned so that less is better for every metric. */
export function badness(metric: MetricId, value: number): number {
  return metricTable[metric].better === 'less' ? value : -value;
}

export function within(metrics: Metrics, limit: Limit): boolean {
  return badness(limit.metric, metrics[limit.metric]) <= badness(limit.metric, limit.max);
}
