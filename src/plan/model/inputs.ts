/**
 * Why: what the planner knows of a system, apart from any file format: sites, racks, nodes, links, failures that come
 * together, work, prices, and how this store behaves. A node is what fails alone: a machine, or a volume with its own
 * disk.
 */
import type { Dist } from '../distribution.ts';
import type { Measured } from './measured.ts';
import type { Limit, MetricId } from './metrics.ts';

export type Site = {
  readonly id: string;
  /** Share of time that the site as a whole is reachable. */
  readonly up: Measured<number>;
  readonly failuresPerYear: Measured<number>;
  /** Rate at which everything in it is destroyed. */
  readonly lossPerYear: Measured<number>;
  readonly egressUsdPerGB: Measured<number>;
  readonly storageUsdPerGBMonth: Measured<number>;
  readonly cacheUsdPerGBMonth: Measured<number>;
};

export type Rack = { readonly id: string; readonly site: string; readonly up: Measured<number> };

export type PlannedNode = {
  readonly id: string;
  readonly site: string;
  readonly rack?: string;
  /** Of failures that pass: P_i = MTBF / (MTBF + MTTR). */
  readonly mtbfSec: Measured<number>;
  readonly mttrSec: Measured<number>;
  /** Rate at which what it holds is gone for good. */
  readonly lossPerYear: Measured<number>;
  readonly capacityBytes: Measured<number>;
  readonly netBps: Measured<number>;
  /** To make a block durable, or to reach it: apart from waiting, and from moving its bytes at diskBps. */
  readonly diskWriteSec: Measured<Dist>;
  readonly diskReadSec: Measured<Dist>;
  readonly diskBps: Measured<number>;
  /** Blocks that it works on at once. */
  readonly ioDepth: Measured<number>;
};

/** Both directions behave alike. `from` = `to`: inside the site. */
export type Link = {
  readonly from: string;
  readonly to: string;
  readonly oneWaySec: Measured<Dist>;
  readonly bandwidthBps: Measured<number>;
};

/** Events in which each node is lost for good with a probability of its own. */
export type Burst = { readonly eventsPerYear: Measured<number>; readonly failedShare: Measured<number> };

export const accessClasses = ['zipf', 'epoch-scan', 'checkpoint', 'broadcast', 'metadata'] as const;
export type AccessClass = (typeof accessClasses)[number];

export type Workload = {
  readonly class: AccessClass;
  readonly readsPerSec: Measured<number>;
  readonly writesPerSec: Measured<number>;
  readonly objectBytes: Measured<number>;
  readonly objects: Measured<number>;
  readonly zipfAlpha: Measured<number>;
  /** Readers of one object in a broadcast. */
  readonly fanout: Measured<number>;
  readonly clients: readonly { readonly site: string; readonly weight: number }[];
};

/** How this store behaves, whatever the design. */
export type StoreTraits = {
  /** Of a request, apart from volumes and catalog. */
  readonly requestSec: Measured<Dist>;
  /** The catalog commit that makes an object visible. */
  readonly commitSec: Measured<Dist>;
  /** A whole object answered by the cache. */
  readonly cacheHitSec: Measured<Dist>;
  readonly perBlockSec: Measured<number>;
  /** Blocks of one object that are read at once, and that are written at once. */
  readonly blocksInFlight: Measured<number>;
  readonly writesInFlight: Measured<number>;
  /** Larger blocks pass the cache by. */
  readonly cachedBlockBytes: Measured<number>;
  /** How long a write that is durable already waits for the rest of its copyset. */
  readonly stragglerSec: Measured<number>;
  /** What a stored block takes beyond its payload: framing, and checksums per byte. */
  readonly blockOverheadBytes: Measured<number>;
  readonly checksumShare: Measured<number>;
  readonly headerBytes: Measured<number>;
  readonly ackBytes: Measured<number>;
  readonly catalogUnavailability: Measured<number>;
  readonly catalogCopies: Measured<number>;
  /** Written for each commit besides what it says: pages and logs of the catalog, in all copies. */
  readonly commitBytes: Measured<number>;
  readonly catalogEntryBytes: Measured<number>;
  readonly catalogPerCopyBytes: Measured<number>;
  /** Until a lost node is given up and repair starts. */
  readonly detectSec: Measured<number>;
  readonly repairShare: Measured<number>;
  readonly repairConcurrency: Measured<number>;
  readonly failoverSec: Measured<number>;
  readonly redirectSec: Measured<number>;
  /** Planned work that takes one node out at a time, hours per node and year. */
  readonly maintenanceHours: Measured<number>;
  /** Loss by operators and software per year: caps the nines that any design may claim. */
  readonly operatorLossPerYear: Measured<number>;
  /** Unreadable bits per bit read during a rebuild, after scrubbing. */
  readonly bitErrorRate: Measured<number>;
};

/** The founding document's own variables, where its author gives them. */
export type DocumentValues = {
  readonly nodes: number;
  readonly copies: number;
  readonly delaySec: number;
  readonly blockBytes: number;
  readonly cacheSec: number;
};

export type PlannerInputs = {
  readonly sites: readonly Site[];
  readonly racks: readonly Rack[];
  readonly nodes: readonly PlannedNode[];
  readonly links: readonly Link[];
  readonly bursts: readonly Burst[];
  readonly workloads: readonly Workload[];
  readonly store: StoreTraits;
  readonly limits: readonly Limit[];
  readonly objective: MetricId;
  readonly document?: DocumentValues;
};

/** P_i of the founding document. */
export function upShare(node: PlannedNode): number {
  return node.mtbfSec.value / (node.mtbfSec.value + node.mttrSec.value);
}
