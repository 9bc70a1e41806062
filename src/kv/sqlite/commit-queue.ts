/**
 * Why: one sync can pay for many commits. Those that arrive while a group is under way form the next one, in order of
 * arrival; each still has an outcome of its own.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Commit, CommitResult } from '../kv.ts';

export type RunGroup = (commits: readonly Commit[]) => Promise<readonly CommitResult[]>;

type Queued = {
  readonly commit: Commit;
  readonly signal: AbortSignal | undefined;
  readonly settled: PromiseWithResolvers<CommitResult>;
};

const maxQueued = 4096;
const maxGroupCommits = 256;
const maxGroupBytes = 4 * 1024 * 1024;

export class CommitQueue {
  readonly #run: RunGroup;
  #queue: Queued[] = [];
  #draining: Promise<void> | undefined;

  constructor(run: RunGroup) {
    this.#run = run;
  }

  async submit(commit: Commit, { signal }: CallOptions = {}): Promise<CommitResult> {
    throwIfAborted(signal);
    if (this.#queue.length >= maxQueued)
      throw new CopysetError('busy', `${maxQueued} commits wait for the catalog's disk`);
    const queued: Queued = { commit, signal, settled: Promise.withResolvers<CommitResult>() };
    this.#queue.push(queued);
    this.#draining ??= this.#drain();
    return raceAbort(queued.settled.promise, signal);
  }

  /** Resolves when nothing is queued or under way. */
  async idle(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    do {
      await nextTurn(); // those who were just answered may ask again
      await this.#runGroup(this.#takeGroup());
    } while (this.#queue.length > 0);
    this.#draining = undefined;
  }

  /** Those given up while they waited are left out: nothing happened. */
  #takeGroup(): Queued[] {
    const live = this.#queue.filter(({ signal }) => signal?.aborted !== true);
    let bytes = 0;
    const beyond = live.findIndex(({ commit }, index) => {
      bytes += commitBytes(commit);
      return index > 0 && (index >= maxGroupCommits || bytes > maxGroupBytes);
    });
    this.#queue = beyond < 0 ? [] : live.slice(beyond);
    return beyond < 0 ? live : live.slice(0, beyond);
  }

  async #runGroup(group: readonly Queued[]): Promise<void> {
    if (group.length === 0) return;
    try {
      const results = await this.#run(group.map(({ commit }) => commit));
      for (const [index, { settled }] of group.entries()) settled.resolve(results[index] as CommitResult);
    } catch (error) {
      for (const { settled } of group) settled.reject(error);
    }
  }
}

function commitBytes({ put = [] }: Commit): number {
  return put.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
}
