/**
 * Why: one sync can pay for many commits. Those that arrive while a batch is under way form the next one, in order of
 * arrival; what waits is bounded in commits and in bytes, and each has an outcome of its own.
 */
import { type CallOptions, raceAbort, throwIfAborted } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { Commit, CommitResult } from './kv.ts';

export type CommitQueueLimits = {
  readonly maxQueuedCommits: number;
  readonly maxQueuedBytes: number;
  readonly maxBatchCommits: number;
  readonly maxBatchBytes: number;
};

export type CommitQueueOptions = {
  readonly limits: CommitQueueLimits;
  /** Settles all commits of a batch: with their results, or with one error. */
  readonly run: (commits: readonly Commit[]) => Promise<readonly CommitResult[]>;
  /** Awaited before each batch is taken, so that those who were just answered may ask again. */
  readonly gather?: (() => Promise<void>) | undefined;
};

type Queued = {
  readonly commit: Commit;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly settled: PromiseWithResolvers<CommitResult>;
};

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #draining: Promise<void> | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  async submit(commit: Commit, { signal }: CallOptions = {}): Promise<CommitResult> {
    throwIfAborted(signal);
    const bytes = commitBytes(commit);
    this.#refuseOverflow(bytes);
    const queued: Queued = { commit, bytes, signal, settled: Promise.withResolvers<CommitResult>() };
    this.#queue.push(queued);
    this.#queuedBytes += bytes;
    this.#draining ??= this.#drain();
    return raceAbort(queued.settled.promise, signal);
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  #refuseOverflow(bytes: number): void {
    const { maxQueuedCommits, maxQueuedBytes } = this.#options.limits;
    const isFull = this.#queue.length >= maxQueuedCommits || this.#queuedBytes + bytes > maxQueuedBytes;
    if (isFull) throw new CopysetError('busy', `${this.#queue.length} commits wait for the catalog already`);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#options.gather?.();
      await this.#runBatch(this.#take());
    }
    this.#draining = undefined;
  }

  /** The next batch. Those given up while they waited are left out: nothing happened. */
  #take(): Queued[] {
    const { maxBatchCommits, maxBatchBytes } = this.#options.limits;
    const live = this.#queue.filter(({ signal }) => signal?.aborted !== true);
    let bytes = 0;
    const beyond = live.findIndex((queued, index) => {
      bytes += queued.bytes;
      return index > 0 && (index >= maxBatchCommits || bytes > maxBatchBytes);
    });
    this.#queue = beyond < 0 ? [] : live.slice(beyond);
    this.#queuedBytes = this.#queue.reduce((sum, queued) => sum + queued.bytes, 0);
    return beyond < 0 ? live : live.slice(0, beyond);
  }

  async #runBatch(batch: readonly Queued[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const results = await this.#options.run(batch.map(({ commit }) => commit));
      for (const [index, { settled }] of batch.entries()) settled.resolve(results[index] as CommitResult);
    } catch (error) {
      for (const { settled } of batch) settled.reject(error);
    }
  }
}

function commitBytes({ put = [], delete: deletes = [] }: Commit): number {
  const puts = put.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
  return deletes.reduce((sum, key) => sum + key.byteLength, puts);
}
