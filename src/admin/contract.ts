/**
 * Why: one contract for everybody who operates a store: the command line, scripts, later the console. It is served over
 * the Unix socket in the data directory (mode 0600); `status` also over the loopback listener. No reply holds a secret.
 *
 * Promises
 * - A stream of a job starts the job or joins the one that runs already, gives its progress at least once a second, and
 *   ends with `done` or `failed`. A caller who stops listening stops nothing.
 * - Jobs go on after a restart of the server by themselves: what must be done follows from what is stored.
 * - Errors: CopysetError; across the wire code, message and details are kept.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { NameHash } from '../base/hash.ts';

/** `full` takes no puts; `suspect` does not answer; `gone` is in its grace; `retired` is never written again. */
export type VolumeState = 'active' | 'full' | 'suspect' | 'gone' | 'draining' | 'drained' | 'retired';

export type VolumeStatus = {
  readonly id: string;
  readonly path: string;
  /** site/zone/rack/node/disk. */
  readonly domain: string;
  readonly weight: number;
  readonly state: VolumeState;
  /** Why it is in a state other than active. */
  readonly reason?: string | undefined;
  readonly blocks: number;
  readonly liveBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
};

export type JournalState = 'ok' | 'lagging' | 'failed' | 'missing';

export type JournalStatus = {
  /** Of the volume that carries it. */
  readonly volume: string;
  readonly path: string;
  readonly state: JournalState;
  /** Last revision known to be durable there. */
  readonly revision: number;
  readonly bytes: number;
  /** What a scrub found in it, and perhaps why it cannot be healed yet; undefined when it is whole. */
  readonly damage?: string | undefined;
};

export type CatalogStatus = {
  readonly revision: number;
  readonly incarnation: string;
  readonly journals: readonly JournalStatus[];
};

export type JobKind =
  | 'repair'
  | 'drain'
  | 'retire'
  | 'rebalance'
  | 'scrub'
  | 'journal-scrub'
  | 'collect'
  | 'catalog-verify'
  | 'catalog-rebuild';

/** A sentence about something that is not as it should be, and where. */
export type Finding = { readonly where: string; readonly problem: string };

export type JobProgress = {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: 'running' | 'done' | 'failed';
  /** The volume it works on or for, where there is one. */
  readonly volume?: string | undefined;
  readonly unit: 'blocks' | 'bytes' | 'partitions' | 'revisions';
  readonly done: number;
  /** Undefined while it is not known. */
  readonly total?: number | undefined;
  readonly startedAtMs: number;
  /** Until it is done, by the pace so far; undefined while it cannot be told. */
  readonly etaMs?: number | undefined;
  /** Found since the progress before this one. */
  readonly findings?: readonly Finding[];
  /** Why it failed. */
  readonly error?: string | undefined;
};

export type ServingState = 'starting' | 'serving' | 'read-only' | 'draining';

/** What uploads hold that were begun and neither completed nor aborted. */
export type OpenUploads = {
  readonly parts: number;
  readonly bytes: number;
  /** False: there are more, and they were not counted. */
  readonly isAll: boolean;
};

export type StoreStatus = {
  readonly storeId: string;
  readonly version: string;
  readonly state: ServingState;
  /** One sentence each, for every way in which the store is not whole; empty when all is well. */
  readonly problems: readonly string[];
  readonly endpoint: string;
  /** How the S3 door speaks HTTP, and why so. */
  readonly front: {
    readonly kind: 'fast' | 'portable';
    readonly reason: string;
    /** Beside the thread that owns the store; none wanted: that one serves. */
    readonly threads: { readonly serving: number; readonly wanted: number };
  };
  readonly startedAtMs: number;
  /** M and W of buckets that do not set their own. */
  readonly copies: number;
  readonly writeQuorum: number;
  /** What names blocks, and whether by native code; without it everything works, slower. */
  readonly nameHash: { readonly names: NameHash; readonly engine: 'native' | 'WASM' };
  /** Blocks with fewer than M good copies, as far as it is known. */
  readonly underReplicatedBlocks: number;
  readonly openUploads: OpenUploads;
  readonly volumes: readonly VolumeStatus[];
  readonly catalog: CatalogStatus;
  readonly jobs: readonly JobProgress[];
};

export type CopyState = 'good' | 'present' | 'damaged' | 'missing' | 'unreachable';

export type BlockCopy = { readonly volume: string; readonly path: string; readonly state: CopyState };

/** One block of an object, in order of its bytes; the blocks of its manifest come first. */
export type BlockCopies = {
  readonly block: string;
  /** Of its bytes, as `b3sum` or `sha256sum` prints it. */
  readonly digest: { readonly hash: NameHash; readonly hex: string };
  readonly holds: 'data' | 'manifest';
  /** Of the object; 0 for a manifest. */
  readonly fromByte: number;
  readonly bytes: number;
  readonly copies: readonly BlockCopy[];
};

export type ObjectPath = { readonly bucket: string; readonly key: string };
export type NewVolume = { readonly path: string; readonly weight?: number; readonly domain?: string };

/** What holds for the objects that are written into a bucket from now on. */
export type BucketStatus = {
  readonly name: string;
  readonly createdAtMs: number;
  /** M, from the bucket's first day on. */
  readonly copies: number;
  /** W. */
  readonly writeQuorum: number;
  /** B. */
  readonly blockBytes: number;
};

export type BucketSettings = { readonly writeQuorum?: number; readonly blockBytes?: number };
export type NewBucket = BucketSettings & { readonly bucket: string; readonly copies?: number };

export type BucketService = {
  /** What is left out is as the store has it. */
  createBucket(input: NewBucket, options?: CallOptions): Promise<BucketStatus>;
  listBuckets(input: Nothing, options?: CallOptions): Promise<readonly BucketStatus[]>;
  /** Changes what is given, for what is written from then on. */
  setBucket(input: BucketSettings & { readonly bucket: string }, options?: CallOptions): Promise<BucketStatus>;
  /** `not_empty` while it holds objects or open uploads. Resolves with what it was. */
  removeBucket(input: { readonly bucket: string }, options?: CallOptions): Promise<BucketStatus>;
};

/** What can be done with a catalog, also while nothing serves the store. */
export type CatalogService = {
  /** Reads catalog and journals whole and compares them; ends with `failed` when they are damaged. */
  verifyCatalog(input: Nothing, options?: CallOptions): AsyncIterable<JobProgress>;
  /** Makes the catalog's database anew from the journals. A server that runs stops taking writes meanwhile. */
  rebuildCatalog(input: Nothing, options?: CallOptions): AsyncIterable<JobProgress>;
};

export type AdminService = CatalogService &
  BucketService & {
    status(input: Nothing, options?: CallOptions): Promise<StoreStatus>;
    /** An empty directory becomes a volume; a volume of this store is taken back. */
    addVolume(input: NewVolume, options?: CallOptions): Promise<VolumeStatus>;
    /** Moves its blocks elsewhere, reading them from it too. Done when it holds nothing that is needed. */
    drainVolume(input: { readonly volume: string }, options?: CallOptions): AsyncIterable<JobProgress>;
    /** Never written again; its blocks are made anew from the other copies. */
    retireVolume(input: { readonly volume: string }, options?: CallOptions): AsyncIterable<JobProgress>;
    /** Looks now for what misses copies (on one volume, or anywhere) and repairs it. */
    healVolume(input: { readonly volume?: string }, options?: CallOptions): AsyncIterable<JobProgress>;
    /** Reads and verifies every copy on every volume; what is found is repaired. */
    scrub(input: Nothing, options?: CallOptions): AsyncIterable<JobProgress>;
    followJob(input: { readonly job: string }, options?: CallOptions): AsyncIterable<JobProgress>;
    /** Where the copies are: `present`, `missing` or `unreachable`, without reading them. */
    objectLocations(input: ObjectPath, options?: CallOptions): AsyncIterable<BlockCopies>;
    /** Reads every copy: `good`, `damaged`, `missing` or `unreachable`. */
    verifyObject(input: ObjectPath, options?: CallOptions): AsyncIterable<BlockCopies>;
  };

export type Nothing = Readonly<Record<never, never>>;
export type OperationName = keyof AdminService;

/** `string?`: may be left out. */
export type FieldType = 'string' | 'string?' | 'number?';

export type Operation = {
  /** One JSON value, or one a line. */
  readonly reply: 'value' | 'stream';
  readonly input: Readonly<Record<string, FieldType>>;
};

/** `POST /v1/<name>` with the input as JSON; `status` answers GET too. */
export const operations = {
  status: { reply: 'value', input: {} },
  addVolume: { reply: 'value', input: { path: 'string', weight: 'number?', domain: 'string?' } },
  drainVolume: { reply: 'stream', input: { volume: 'string' } },
  retireVolume: { reply: 'stream', input: { volume: 'string' } },
  healVolume: { reply: 'stream', input: { volume: 'string?' } },
  scrub: { reply: 'stream', input: {} },
  followJob: { reply: 'stream', input: { job: 'string' } },
  objectLocations: { reply: 'stream', input: { bucket: 'string', key: 'string' } },
  verifyObject: { reply: 'stream', input: { bucket: 'string', key: 'string' } },
  createBucket: {
    reply: 'value',
    input: { bucket: 'string', copies: 'number?', writeQuorum: 'number?', blockBytes: 'number?' },
  },
  listBuckets: { reply: 'value', input: {} },
  setBucket: { reply: 'value', input: { bucket: 'string', writeQuorum: 'number?', blockBytes: 'number?' } },
  removeBucket: { reply: 'value', input: { bucket: 'string' } },
  verifyCatalog: { reply: 'stream', input: {} },
  rebuildCatalog: { reply: 'stream', input: {} },
} as const satisfies Record<OperationName, Operation>;
