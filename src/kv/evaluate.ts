/**
 * Why: what a commit means is told once for all embedded drivers: expectations in order against the state that the
 * commits before it left, then its effects under the next revision. The driver brings the state, which nobody else may
 * see yet.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Change, Commit, CommitResult, Expectation, Put, Revision } from './kv.ts';

export type MutableState = {
  value(key: Uint8Array): Uint8Array | undefined;
  /** Whether any key is in [from, to). */
  holdsAny(from: Uint8Array, to: Uint8Array): boolean;
  put(put: Put, revision: Revision): void;
  /** False when it was absent. */
  delete(key: Uint8Array): boolean;
};

export type Evaluation = { readonly results: readonly CommitResult[]; readonly changes: readonly Change[] };

/** Runs the commits one after the other; `newest` is the revision of the state before. Revisions are dense. */
export function evaluate(state: MutableState, commits: readonly Commit[], newest: Revision): Evaluation {
  const results: CommitResult[] = [];
  const changes: Change[] = [];
  for (const commit of commits) {
    const failed = (commit.expect ?? []).findIndex((expectation) => !holds(state, expectation));
    if (failed >= 0) {
      results.push({ committed: false, failed });
      continue;
    }
    const change = effect(state, commit, newest + changes.length + 1);
    if (change !== undefined) changes.push(change);
    results.push({ committed: true, revision: newest + changes.length });
  }
  return { results, changes };
}

/** Repeats the effects of changes that happened once before, each under its own revision. */
export function replay(state: MutableState, changes: readonly Change[]): void {
  for (const { revision, puts, deletes } of changes) {
    for (const put of puts) state.put(put, revision);
    for (const key of deletes) state.delete(key);
  }
}

function holds(state: MutableState, expectation: Expectation): boolean {
  if (expectation.kind === 'empty-range') return !state.holdsAny(expectation.from, expectation.to);
  const value = state.value(expectation.key);
  if (expectation.kind === 'absent') return value === undefined;
  return value !== undefined && equalBytes(value, expectation.value);
}

/** Its change, with bytes of its own; undefined when nothing changes. */
function effect(state: MutableState, commit: Commit, revision: Revision): Change | undefined {
  const puts = (commit.put ?? []).map(({ key, value }) => ({ key: key.slice(), value: value.slice() }));
  for (const put of puts) state.put(put, revision);
  const deletes = (commit.delete ?? []).filter((key) => state.delete(key)).map((key) => key.slice());
  return puts.length + deletes.length === 0 ? undefined : { revision, puts, deletes };
}
