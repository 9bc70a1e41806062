/**
 * Why: all metadata of a site lives in one ordered, transactional key-value space with one order of commits. The
 * contract maps one to one on an etcd transaction, a SQLite transaction and a PostgreSQL transaction.
 *
 * Promises
 * - Order: keys are ordered by unsigned bytes. Every commit that changes something gets one revision, greater than all
 *   before; revisions are positive safe integers and may have gaps. Keys never contain the revision.
 * - Atomicity: a commit happens whole or not at all. Its expectations hold in the very state that it changes.
 * - Linearizability: `get` and `range` see every commit that resolved before they were called, and never one that
 *   failed. A `range` is one snapshot; pages of several calls are not.
 * - Durability: a commit that resolved survives the crash of the process and of the machine (memory drivers: neither).
 * - Three outcomes: resolved; rejected with a failure (nothing happened); rejected with `kv.unknown_outcome` or an
 *   abort (it may have happened, may still happen: read before repeating).
 * - Ownership: bytes passed in must not change until the call settles; bytes handed out are the caller's to keep, not
 *   to change.
 * - Limits: keys, values, operations beyond `limits` reject with `request.too_large` before anything happens. Keys have
 *   at least one byte. Bounds of ranges are no keys: they may be empty, or longer (the successor of a full key).
 * - Changes: `changes(after)` gives commits in revision order, each with its puts and deletes; below `trim(upTo)` it
 *   rejects with `kv.compacted`. A store rebuilt with a possible loss of revisions has a new `incarnation`.
 * - Cancellation: every call takes `{signal}`; see base/async/abort.ts.
 */
import type { CallOptions } from '../base/async/abort.ts';

export type Revision = number;

export type KvLimits = {
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  readonly maxOpsPerCommit: number;
  /** Of all keys and values in one commit, those of its expectations included. */
  readonly maxCommitBytes: number;
};

/** What every driver supports at least, and memory and sqlite enforce exactly, so that no caller outgrows etcd. */
export const commonLimits: KvLimits = {
  maxKeyBytes: 2048,
  maxValueBytes: 512 * 1024,
  maxOpsPerCommit: 100,
  maxCommitBytes: 1280 * 1024, // an exchange of two full values, within etcd's default request limit of 1.5 MiB
};

export type Entry = {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** Of the commit that last put it. */
  readonly revision: Revision;
};

/** Holds before the commit: the key has exactly this value; the key is absent; no key is in [from, to). */
export type Expectation =
  | { readonly kind: 'value'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'absent'; readonly key: Uint8Array }
  | { readonly kind: 'empty-range'; readonly from: Uint8Array; readonly to: Uint8Array };

export type Put = { readonly key: Uint8Array; readonly value: Uint8Array };

/**
 * Expectations, puts and deletes count against maxOpsPerCommit together. A key may be put or deleted once, not both. A
 * commit that changes nothing takes effect without a revision of its own; a put changes something, even to equal bytes.
 */
export type Commit = {
  readonly expect?: readonly Expectation[];
  readonly put?: readonly Put[];
  /** Deleting an absent key is no error. */
  readonly delete?: readonly Uint8Array[];
};

/** Not committed: `failed` is the index of the first expectation that does not hold. */
export type CommitResult =
  | { readonly committed: true; readonly revision: Revision }
  | { readonly committed: false; readonly failed: number };

/** Keys in [from, to), ascending unless `reverse`; at most `limit` entries. `to` undefined: no upper end. */
export type RangeQuery = {
  readonly from: Uint8Array;
  readonly to?: Uint8Array | undefined;
  readonly limit: number;
  readonly reverse?: boolean;
  /**
   * A promise of the caller: each key that will ever lie in the range is `from` and so many bytes more. It changes
   * nothing but what a driver may keep, since a key then tells which such range it lies in.
   */
  readonly tailBytes?: number;
};

export type RangeResult = {
  readonly entries: readonly Entry[];
  /** Of the snapshot: it holds every commit up to this revision and none above. */
  readonly revision: Revision;
  /** The limit cut it. */
  readonly more: boolean;
};

/** Deletes name only keys that were present. */
export type Change = {
  readonly revision: Revision;
  readonly puts: readonly Put[];
  readonly deletes: readonly Uint8Array[];
};

export type KvStatus = {
  /** Of the newest commit; 0 when there was none. */
  readonly revision: Revision;
  /** `changes(after)` works for after >= trimmedTo. */
  readonly trimmedTo: Revision;
  /** A new one whenever acknowledged revisions may have been lost. Cursors carry it. */
  readonly incarnation: string;
};

export type Kv = {
  readonly limits: KvLimits;
  get(key: Uint8Array, options?: CallOptions): Promise<Entry | undefined>;
  range(query: RangeQuery, options?: CallOptions): Promise<RangeResult>;
  commit(commit: Commit, options?: CallOptions): Promise<CommitResult>;
  /** Commits after `after`, oldest first, at most `limit`; empty when there is none yet. */
  changes(after: Revision, limit: number, options?: CallOptions): Promise<readonly Change[]>;
  /** Resolves once a commit after `after` exists. A hint to call `changes`; may resolve early. */
  changed(after: Revision, options?: CallOptions): Promise<void>;
  /** Forgets changes up to and including `upTo`; never entries. */
  trim(upTo: Revision, options?: CallOptions): Promise<void>;
  status(options?: CallOptions): Promise<KvStatus>;
  /** Finishes what was admitted, then releases everything; calls after it reject with `closed`. */
  close(): Promise<void>;
};
