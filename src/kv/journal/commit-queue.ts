/**
 * Why: one record, thus one sync, pays for many commits. Those that arrive while a batch is under way form the next one, in
 * order of arrival; what waits is bounded in commits and in bytes, and each has an outcome of its own.
 */
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Commit, CommitResult } from '../kv.ts';
import type { JournalLimits } from './options.ts';

type RunBatch = (commits: readonly Commit[]) => Promise<readonly CommitResult[]>;

type Queued = {
  readonly commit: Commit;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly settled: PromiseWithResolvers<CommitResult>;
};

export class CommitQueue {
  readonly #limits: JournalLimits;
  readonly #run: RunBatch;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #draining: Promise<void> | undefined;

  /** `run` settles all commits of a batch: with their results, or with one error. */
  constructor(limits: JournalLimits, run: RunBatch) {
    this.#limits = limits;
    this.#run = run;
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
    const { maxQueuedCommits, maxQueuedBytes } = this.#limits;
    const isFull = this.#queue.length >= maxQueuedCommits || this.#queuedBytes + bytes > maxQueuedBytes;
    if (isFull) throw new CopysetError('busy', `${this.#queue.length} commits wait for the journals already`);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#runBatch(this.#take());
    this.#draining = undefined;
  }

  /** The next batch. Those given up while they waited are left out: nothing happened. */
  #take(): Queued[] {
    const { maxBatchCommits, maxBatchBytes } = this.#limits;
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
      const results = await this.#run(batch.map(({ commit }) => commit));
      for (const [index, { settled }] of batch.entries()) settled.resolve(results[index] as CommitResult);
    } catch (error) {
      for (const { settled } of batch) settled.reject(error);
    }
  }
}

export function commitBytes({ put = [], delete: deletes = [] }: Commit): number {
  const puts = put.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
  return deletes.reduce((sum, key) => sum + key.byteLength, puts);
}
