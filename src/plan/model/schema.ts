/**
 * Why: one table of what the inputs file may say: key, unit, default and where the default comes from. The reader, the
 * writer and docs/planner/inputs.md follow from it.
 */
import type { Dist } from '../distribution.ts';
import { hourSec, monthSec, yearSec } from '../units.ts';
import type { Burst, Link, PlannedNode, Rack, Site, StoreTraits, Workload } from './inputs.ts';
import type { Measured } from './measured.ts';
import type { Schema } from './reader.ts';

/** Only the fields that carry a provenance. */
type MeasuredFields<T> = {
  [K in keyof T as NonNullable<T[K]> extends Measured<number> | Measured<Dist> ? K : never]: T[K];
};

const point = (value: number): Dist => ({ type: 'const', value });

export const siteSchema: Schema<MeasuredFields<Site>> = {
  up: { key: 'up', kind: 'share', fallback: 0.9995, text: 'reachable as a whole; 4.4 h a year (planner default)' },
  failuresPerYear: {
    key: 'failures',
    kind: 'perYear',
    fallback: 2,
    text: 'outages of the whole site (planner default)',
  },
  lossPerYear: { key: 'loss', kind: 'perYear', fallback: 1e-4, text: 'destroyed for good (planner default)' },
  egressUsdPerGB: {
    key: 'egress',
    kind: 'usd',
    fallback: 0.02,
    text: 'USD per GB to another site (AWS inter-region price sheet)',
  },
  storageUsdPerGBMonth: {
    key: 'storage',
    kind: 'usd',
    fallback: 0.023,
    text: 'USD per GB and month (S3 standard price sheet)',
  },
  cacheUsdPerGBMonth: {
    key: 'cache',
    kind: 'usd',
    fallback: 0.1,
    text: 'USD per GB and month of NVMe cache (planner default)',
  },
};

export const rackSchema: Schema<MeasuredFields<Rack>> = {
  up: {
    key: 'up',
    kind: 'share',
    fallback: 1 - hourSec / (10.2 * yearSec),
    text: 'rack MTTF 10.2 years (Ford 2010), one hour each',
  },
};

export const nodeSchema: Schema<MeasuredFields<PlannedNode>> = {
  mtbfSec: {
    key: 'mtbf',
    kind: 'seconds',
    positive: true,
    fallback: 4.3 * monthSec,
    text: 'between failures that pass (Ford 2010, table 2)',
  },
  mttrSec: {
    key: 'mttr',
    kind: 'seconds',
    fallback: 15 * 60,
    text: 'until it is back (Ford 2010: most are back within 15 min)',
  },
  lossPerYear: {
    key: 'loss',
    kind: 'perYear',
    fallback: 0.0157,
    text: 'what it holds is gone (Backblaze 2024, drive AFR)',
  },
  capacityBytes: { key: 'capacity', kind: 'bytes', positive: true, text: 'usable' },
  netBps: { key: 'network', kind: 'bytesPerSecond', positive: true, fallback: 1.25e9, text: '10 Gbit/s' },
  diskWriteSec: {
    key: 'diskWrite',
    kind: 'delay',
    fallback: point(1e-3),
    text: 'durable write, apart from moving its bytes',
  },
  diskReadSec: { key: 'diskRead', kind: 'delay', fallback: point(2e-4), text: 'first byte of a read' },
  diskBps: { key: 'diskBandwidth', kind: 'bytesPerSecond', positive: true, fallback: 1e9, text: 'sequential' },
  ioDepth: { key: 'depth', kind: 'count', positive: true, fallback: 8, text: 'blocks that it works on at once' },
};

export const linkSchema: Schema<MeasuredFields<Link>> = {
  oneWaySec: { key: 'oneWay', kind: 'delay', fallback: point(2e-4), text: 'half a round trip; 0.4 ms inside a site' },
  bandwidthBps: { key: 'bandwidth', kind: 'bytesPerSecond', positive: true, fallback: 1.25e9, text: '10 Gbit/s' },
};

export const burstSchema: Schema<MeasuredFields<Burst>> = {
  eventsPerYear: {
    key: 'events',
    kind: 'perYear',
    fallback: 1,
    text: 'power losses and bad roll-outs (Cidon 2013: about one a year)',
  },
  failedShare: {
    key: 'failedShare',
    kind: 'share',
    fallback: 0.01,
    text: 'nodes that do not come back (Cidon 2013: 0.5 to 1 %)',
  },
};

export const workloadSchema: Schema<MeasuredFields<Workload>> = {
  readsPerSec: { key: 'reads', kind: 'perSecond', text: 'objects' },
  writesPerSec: { key: 'writes', kind: 'perSecond', text: 'objects' },
  objectBytes: { key: 'objectBytes', kind: 'bytes', positive: true, text: 'mean size' },
  objects: { key: 'objects', kind: 'count', positive: true, text: 'in all' },
  zipfAlpha: { key: 'alpha', kind: 'count', fallback: 0.9, text: 'skew of popularity (planner default)' },
  fanout: {
    key: 'fanout',
    kind: 'count',
    positive: true,
    fallback: 8,
    text: 'readers of one object in a broadcast (planner default)',
  },
};

export const storeSchema: Schema<StoreTraits> = {
  requestSec: { key: 'request', kind: 'delay', fallback: point(3e-4), text: 'parsing, signature, scheduling' },
  commitSec: { key: 'commit', kind: 'delay', fallback: point(1e-3), text: 'catalog commit, journals synced' },
  cacheHitSec: { key: 'cacheHit', kind: 'delay', fallback: point(1e-4), text: 'a whole object from the cache' },
  perBlockSec: { key: 'perBlock', kind: 'seconds', fallback: 2e-4, text: 'overhead of each block' },
  blocksInFlight: {
    key: 'blocksInFlight',
    kind: 'count',
    positive: true,
    fallback: 2,
    text: 'of one object read at once (this store: two)',
  },
  writesInFlight: {
    key: 'writesInFlight',
    kind: 'count',
    positive: true,
    fallback: 1,
    text: 'blocks of one object written at once (this store: one, while the next arrives)',
  },
  cachedBlockBytes: {
    key: 'cachedBlock',
    kind: 'bytes',
    fallback: 2 ** 20,
    text: 'larger blocks pass the cache by (this store: 1 MiB)',
  },
  stragglerSec: {
    key: 'straggler',
    kind: 'seconds',
    fallback: 0,
    text: 'a durable write waits so long for the rest of its copyset',
  },
  blockOverheadBytes: {
    key: 'blockOverhead',
    kind: 'bytes',
    fallback: 224,
    text: 'header and digest of the stored form, frame',
  },
  checksumShare: { key: 'checksums', kind: 'share', fallback: 4 / 65_536, text: 'CRC-32 of each 64 KiB' },
  headerBytes: { key: 'header', kind: 'bytes', fallback: 200, text: 'of a message with data' },
  ackBytes: { key: 'ack', kind: 'bytes', fallback: 100, text: 'of an answer without' },
  catalogUnavailability: { key: 'catalogDown', kind: 'share', fallback: 1e-5, text: 'share of time (planner default)' },
  catalogCopies: { key: 'catalogCopies', kind: 'count', fallback: 3, text: 'journals' },
  commitBytes: {
    key: 'commitBytes',
    kind: 'bytes',
    fallback: 24 * 1024,
    text: 'written for each commit: pages and logs of the catalog (this store, measured)',
  },
  catalogEntryBytes: { key: 'catalogEntry', kind: 'bytes', fallback: 120, text: 'per block' },
  catalogPerCopyBytes: {
    key: 'catalogPerCopy',
    kind: 'bytes',
    fallback: 0,
    text: 'none: the layout says where copies are',
  },
  detectSec: { key: 'detect', kind: 'seconds', fallback: 600, text: 'until a volume is given up (this store: 10 min)' },
  repairShare: { key: 'repairShare', kind: 'share', positive: true, fallback: 0.2, text: "of a node's bandwidth" },
  repairConcurrency: {
    key: 'repairConcurrency',
    kind: 'count',
    positive: true,
    fallback: 8,
    text: 'blocks at once, over all sources',
  },
  failoverSec: { key: 'failover', kind: 'seconds', fallback: 0.287, text: 'election (Raft thesis, local)' },
  redirectSec: {
    key: 'redirect',
    kind: 'seconds',
    fallback: 30,
    text: 'until clients turn to another site (planner default)',
  },
  maintenanceHours: {
    key: 'maintenance',
    kind: 'count',
    fallback: 4,
    text: 'planned hours per node and year (planner default)',
  },
  operatorLossPerYear: {
    key: 'operatorLoss',
    kind: 'perYear',
    fallback: 1e-4,
    text: 'by operators and software; caps the nines',
  },
  bitErrorRate: { key: 'bitErrors', kind: 'count', fallback: 1e-17, text: 'per bit read, scrubbed (planner default)' },
};
