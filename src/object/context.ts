/** Why: what every verb of the store works with, handed in once by the composition root. */
import type { Memory } from '../base/async/memory-budget.ts';
import type { Turns } from '../base/async/turns.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { ReadMemory } from '../base/read-memory.ts';
import type { Cache } from '../cache/cache.ts';
import type { Stamps } from '../catalog/stamps.ts';
import type { Kv } from '../kv/kv.ts';
import type { BlockStore } from '../replica/block-store.ts';
import type { ManifestNodes } from './content/manifest-nodes.ts';
import type { ReadAhead } from './read-ahead/read-ahead.ts';
import type { BucketOptions } from './store.ts';

export type ObjectLimits = {
  /** A request that writes ends by then; the collector's grace is longer. */
  readonly requestDeadlineMs: number;
  /** Of a body sent in one piece, and of a part. */
  readonly maxBodyBytes: number;
  readonly maxPartNumber: number;
  /** Parts but the last. */
  readonly minPartBytes: number;
  readonly maxInlineBlocks: number;
  /** B of a bucket lies between. */
  readonly minBlockBytes: number;
  readonly maxBlockBytes: number;
};

export const defaultObjectLimits: ObjectLimits = {
  requestDeadlineMs: 60 * 60 * 1000,
  maxBodyBytes: 5 * 2 ** 30,
  maxPartNumber: 10_000,
  minPartBytes: 5 * 2 ** 20,
  maxInlineBlocks: 16,
  minBlockBytes: 2 ** 20,
  maxBlockBytes: 128 * 2 ** 20,
};

export type ObjectContext = {
  readonly kv: Kv;
  readonly blocks: BlockStore;
  readonly cache: Cache;
  /** For ages and deadlines: steady, whatever is done to the machine's clock. */
  readonly clock: Clock;
  readonly stamps: Stamps;
  readonly random: Random;
  /** All bytes of bodies in memory. */
  readonly memory: Memory;
  /** Of those of them that belong to large blocks. */
  readonly turns: Turns;
  /** Takes back what blocks were read into. */
  readonly readMemory: ReadMemory;
  /** Undefined: nothing is fetched before it is asked for. */
  readonly readAhead?: ReadAhead | undefined;
  /** Undefined: manifests are read for each reader. */
  readonly nodes?: ManifestNodes | undefined;
  readonly limits: ObjectLimits;
  readonly bucketDefaults: BucketOptions;
};
