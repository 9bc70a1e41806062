/**
 * Why: the journal (kv/journal) must write down a batch after it was evaluated and before anyone can see it. This is
 * the part of the contract that an embedded driver adds for that; an engine with its own consensus does not need it.
 *
 * Promises: one staged batch at a time. Until `accept` resolves no reader sees any of it; after `discard` nothing of it
 * ever happened and its revisions are free again. `accept` need not be durable: the journal is, and `apply` replays it.
 * An `accept` that rejects with `disk.full` or `busy` left nothing; after any other failure the store refuses
 * everything until it is opened again. Revisions are dense: each is the one before plus 1.
 */
import type { CallOptions } from '../base/async/abort.ts';
import type { Change, Commit, CommitResult, Entry, Kv, KvStatus } from './kv.ts';

export type StagedBatch = {
  /** One per commit, in order; later commits of the batch see the earlier ones. */
  readonly results: readonly CommitResult[];
  /** The commits that took effect, in order. */
  readonly changes: readonly Change[];
  accept(): Promise<void>;
  discard(): Promise<void>;
};

export type StagingKv = Kv & {
  /** Only what deletes need is left of its room: whoever stages gives it nothing else until it says false again. */
  readonly isFull: boolean;
  stage(commits: readonly Commit[], options?: CallOptions): Promise<StagedBatch>;
  /** Replays changes whose revisions follow `status().revision`; those at or below it are skipped, a gap is refused. */
  apply(changes: readonly Change[], options?: CallOptions): Promise<void>;
  /** All entries (with their revisions) as of one revision, in key order, in batches; other calls go on meanwhile. */
  snapshot(options?: CallOptions): Promise<KvSnapshot>;
  /**
   * Replaces everything by a snapshot, its incarnation included; the log begins there. A failure or a crash in between
   * leaves a store that says revision 0. Reads meanwhile see nothing, or reject with `busy`.
   */
  restore(snapshot: KvSnapshot, options?: CallOptions): Promise<void>;
};

export type KvSnapshot = { readonly status: KvStatus; readonly batches: AsyncIterable<readonly Entry[]> };
