/** Why: what a journaled store is put together from, and every bound that it keeps, with its default, in one place. */
import type { Clock } from '../../base/clock.ts';
import type { CopysetError } from '../../base/errors.ts';
import type { StoreId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import type { CommitQueueLimits } from '../commit-queue.ts';
import type { StagingKv } from '../staging.ts';
import type { JournalPlace } from './place/journal-place.ts';

/** One batch goes into one record, thus under one sync. */
export type JournalLimits = CommitQueueLimits & {
  /** What a slow journal may be behind before it is left alone and copied anew. */
  readonly maxBacklogBytes: number;
  /** After it a journal that does not answer to one call while journals are looked through counts as missing. */
  readonly lookTimeoutMs: number;
  /** After it a journal that does not answer to one call, or does not sync one record, is not waited for. */
  readonly syncTimeoutMs: number;
  /** The same for making a whole journal anew, where a start needs that. */
  readonly copyTimeoutMs: number;
  /** A log file that is longer is followed by the next one. */
  readonly rotateBytes: number;
  /** A snapshot is due after so many bytes of log, or as many as the last snapshot has, whichever is more. */
  readonly snapshotBytes: number;
  /** So is one after so many log files: every start makes one. */
  readonly maxLogFiles: number;
  /** Kept on each journal's disk, and given back when it is full. 0: none. */
  readonly reserveBytes: number;
  /** While the disks are full: what a commit that deletes may put besides. */
  readonly fullPutBytes: number;
  /** How often each journal is looked after. */
  readonly tendMs: number;
  /** First wait before writing is tried again; doubled up to 30 times as long. */
  readonly retryMs: number;
};

const mebibyte = 1024 * 1024;

export const defaultJournalLimits: JournalLimits = {
  maxQueuedCommits: 4096,
  maxQueuedBytes: 64 * mebibyte,
  maxBatchCommits: 256,
  maxBatchBytes: 4 * mebibyte,
  maxBacklogBytes: 64 * mebibyte,
  lookTimeoutMs: 3_000,
  syncTimeoutMs: 10_000,
  copyTimeoutMs: 600_000,
  rotateBytes: 64 * mebibyte,
  snapshotBytes: 64 * mebibyte,
  maxLogFiles: 64,
  reserveBytes: 4 * mebibyte,
  fullPutBytes: 4096,
  tendMs: 1000,
  retryMs: 200,
};

export type RebuildProgress = { readonly doneBytes: number; readonly totalBytes: number };

export type JournaledKvOptions = {
  /** The wrapper owns it from now on. A lost one is given as an empty one: it is rebuilt. */
  readonly inner: StagingKv;
  /** All places where journals of this store may be; at the first start those that make the first set. */
  readonly journals: readonly JournalPlace[];
  readonly storeId: StoreId;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<JournalLimits>;
  /** Awaited before a batch is taken: those who are about to commit too share its syncs. */
  readonly gather?: () => Promise<void>;
  /** Goes on with what there is where it would refuse, under a new incarnation: acknowledged commits may be lost. */
  readonly acceptLoss?: boolean;
  /** Told while a lost store is rebuilt. */
  readonly progress?: (progress: RebuildProgress) => void;
  /** Asked when the start is refused: resolves when it is to be tried again, rejects to give up. */
  readonly waitFor?: (refusal: CopysetError) => Promise<void>;
};

/** The options with every limit. */
export type JournalContext = Omit<JournaledKvOptions, 'limits' | 'journals' | 'waitFor'> & {
  readonly limits: JournalLimits;
  /** Aborts when the store is closed. */
  readonly stopping: AbortSignal;
};
