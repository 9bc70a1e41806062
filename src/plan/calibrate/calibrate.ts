/**
 * Why: the model's parameters come from the running system. Two scrapes of /metrics some time apart, on top of inputs
 * that say what stands where; whatever telemetry shows replaces the default and is marked as measured, all else stays.
 */
import { type Dist, scaled } from '../distribution.ts';
import { cheLru } from '../formulas/cache.ts';
import type { PlannedNode, PlannerInputs, Workload } from '../model/inputs.ts';
import { type Measured, measured } from '../model/measured.ts';
import { bisect } from '../numeric/roots.ts';
import { hourSec, yearSec } from '../units.ts';
import { type Bucket, bucketsSince, parseExposition, Scrape } from './exposition.ts';
import { fitDistribution, samplesOfBuckets } from './fit-distribution.ts';
import { mtbfEstimate } from './fits.ts';

/** What calibration reads. A volume's label is the node's id in the inputs. */
export const telemetry = {
  volumeWrite: 'copyset_volume_write_seconds',
  volumeRead: 'copyset_volume_read_seconds',
  volumeReadSmoothed: 'copyset_volume_read_latency_seconds',
  volumeCapacity: 'copyset_volume_capacity_bytes',
  volumeFailures: 'copyset_volume_failures_total',
  volumeLosses: 'copyset_volume_losses_total',
  volumeDown: 'copyset_volume_down_seconds_total',
  volumeObserved: 'copyset_volume_observed_seconds_total',
  commit: 'copyset_catalog_commit_seconds',
  cacheHit: 'copyset_cache_hit_seconds',
  cacheHits: 'copyset_cache_hits',
  cacheMisses: 'copyset_cache_misses',
  cacheUsed: 'copyset_cache_used_bytes',
  requests: 'copyset_requests_total',
  objects: 'copyset_objects',
  objectBytes: 'copyset_object_bytes',
  roundTrip: 'copyset_link_round_trip_seconds',
} as const;

export type Telemetry = {
  /** Undefined: everything since the start of the process. */
  readonly earlier: Scrape | undefined;
  readonly later: Scrape;
  readonly elapsedSec: number;
};

const confidence = 0.9;

export function calibrate(base: PlannerInputs, seen: Telemetry): PlannerInputs {
  return {
    ...base,
    nodes: base.nodes.map((node) => calibratedNode(node, seen)),
    links: base.links.map((link) => {
      const trip = delayOf(seen, telemetry.roundTrip, { from: link.from, to: link.to });
      return trip === undefined ? link : { ...link, oneWaySec: { ...trip, value: scaled(trip.value, 0.5) } };
    }),
    store: {
      ...base.store,
      commitSec: delayOf(seen, telemetry.commit) ?? base.store.commitSec,
      cacheHitSec: delayOf(seen, telemetry.cacheHit) ?? base.store.cacheHitSec,
    },
    workloads: base.workloads.map((workload) => calibratedWorkload(workload, seen, base.workloads.length)),
  };
}

/** Volumes that the metrics tell of and no node of the inputs is named after: what is known of them is not used. */
export function volumesWithoutNode({ nodes }: PlannerInputs, { later }: Telemetry): string[] {
  const known = new Set(nodes.map(({ id }) => id));
  const told = [telemetry.volumeCapacity, telemetry.volumeObserved, `${telemetry.volumeWrite}_count`];
  const volumes = told.flatMap((name) => later.all(name).flatMap(({ labels }) => labels.volume ?? []));
  return [...new Set(volumes)].filter((volume) => !known.has(volume));
}

/** Fitted from a histogram; undefined when nothing was observed. */
function delayOf(
  seen: Telemetry,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Measured<Dist> | undefined {
  const buckets = recent(seen, (scrape) => scrape.histogram(name, labels));
  const { samples, n } = samplesOfBuckets(buckets);
  return n === 0 ? undefined : measured(fitDistribution(samples, n).dist, n);
}

function recent(seen: Telemetry, read: (scrape: Scrape) => Bucket[]): Bucket[] {
  return seen.earlier === undefined ? read(seen.later) : bucketsSince(read(seen.earlier), read(seen.later));
}

/** By how much a counter grew; a counter that fell began anew. */
function growth(seen: Telemetry, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const now = seen.later.total(name, labels);
  const before = seen.earlier?.total(name, labels) ?? 0;
  return now === undefined || now < before ? now : now - before;
}

function calibratedNode(node: PlannedNode, seen: Telemetry): PlannedNode {
  const labels = { volume: node.id };
  const smoothed = seen.later.total(telemetry.volumeReadSmoothed, labels);
  const gauged =
    smoothed === undefined || smoothed === 0 ? undefined : measured<Dist>({ type: 'const', value: smoothed });
  const capacity = seen.later.total(telemetry.volumeCapacity, labels);
  return {
    ...node,
    diskWriteSec: delayOf(seen, telemetry.volumeWrite, labels) ?? node.diskWriteSec,
    diskReadSec: delayOf(seen, telemetry.volumeRead, labels) ?? gauged ?? node.diskReadSec,
    capacityBytes: capacity === undefined ? node.capacityBytes : measured(capacity),
    ...failuresOf(node, seen, labels),
  };
}

/** Passing failures feed availability, losses durability: never both. Counted since the start, since they are rare. */
function failuresOf(node: PlannedNode, seen: Telemetry, labels: Readonly<Record<string, string>>) {
  const observedSec = seen.later.total(telemetry.volumeObserved, labels);
  if (observedSec === undefined || observedSec === 0) return {};
  const failures = seen.later.total(telemetry.volumeFailures, labels) ?? 0;
  const losses = seen.later.total(telemetry.volumeLosses, labels) ?? 0;
  const downSec = seen.later.total(telemetry.volumeDown, labels) ?? 0;
  return {
    mtbfSec: failures === 0 ? node.mtbfSec : between(observedSec, failures, hourSec),
    mttrSec: failures === 0 ? node.mttrSec : measured(downSec / failures, failures),
    lossPerYear: losses === 0 ? node.lossPerYear : perYear(observedSec, losses),
  };
}

/** Mean time between events in seconds, with its 90 % interval. */
function between(observedSec: number, events: number, unitSec: number): Measured<number> {
  const { mtbf, lower, upper } = mtbfEstimate({ totalHours: observedSec / unitSec, failures: events, confidence });
  const ci = upper === null ? {} : { ci: [lower * unitSec, upper * unitSec] as const };
  return { value: (mtbf ?? lower) * unitSec, source: 'measured', n: events, ...ci };
}

function perYear(observedSec: number, losses: number): Measured<number> {
  const { value, ci, n } = between(observedSec, losses, hourSec);
  const rate = (sec: number) => yearSec / sec;
  return {
    value: rate(value),
    source: 'measured',
    ...(n === undefined ? {} : { n }),
    ...(ci ? { ci: [rate(ci[1]), rate(ci[0])] } : {}),
  };
}

/** With several workloads the metrics cannot tell them apart: only a single one is calibrated. */
function calibratedWorkload(workload: Workload, seen: Telemetry, workloads: number): Workload {
  if (workloads > 1) return workload;
  const rate = (op: string) => {
    const requests = growth(seen, telemetry.requests, { op });
    return requests === undefined ? undefined : measured(requests / seen.elapsedSec, requests);
  };
  const objects = seen.later.total(telemetry.objects);
  const bytes = seen.later.total(telemetry.objectBytes);
  const sized: Workload = {
    ...workload,
    readsPerSec: rate('get') ?? workload.readsPerSec,
    writesPerSec: rate('put') ?? workload.writesPerSec,
    objects: objects === undefined || objects === 0 ? workload.objects : measured(objects),
    objectBytes:
      objects === undefined || objects === 0 || bytes === undefined ? workload.objectBytes : measured(bytes / objects),
  };
  const zipfAlpha = alphaOf(sized, seen);
  return zipfAlpha === undefined ? sized : { ...sized, zipfAlpha };
}

const steepestAlpha = 3;

/** The skew at which a cache of this size has the hit ratio that was seen; undefined where that says nothing. */
function alphaOf(workload: Workload, seen: Telemetry): Measured<number> | undefined {
  const hits = growth(seen, telemetry.cacheHits, {});
  const misses = growth(seen, telemetry.cacheMisses, {});
  const used = seen.later.total(telemetry.cacheUsed);
  if (workload.class !== 'zipf' || !hits || misses === undefined || used === undefined) return undefined;
  const cacheObjects = used / workload.objectBytes.value;
  const objects = Math.round(workload.objects.value);
  if (cacheObjects < 1 || cacheObjects >= objects) return undefined;
  const ratio = hits / (hits + misses);
  const alpha = bisect(
    (guess) => cheLru({ objects, alpha: guess, cacheObjects }).hitRatio >= ratio,
    0,
    steepestAlpha,
    30,
  );
  return measured(alpha, hits + misses);
}

/** From the texts of two scrapes. */
export function telemetryOf(later: string, earlier: string | undefined, elapsedSec: number): Telemetry {
  const scrape = (text: string) => new Scrape(parseExposition(text));
  return { later: scrape(later), earlier: earlier === undefined ? undefined : scrape(earlier), elapsedSec };
}
