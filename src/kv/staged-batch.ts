/**
 * Why: a staged batch ends exactly once, in either way; a second ending would be a bug of the caller, never a second
 * effect.
 */
import { assert } from '../base/assert.ts';
import type { Evaluation } from './evaluate.ts';
import type { StagedBatch } from './staging.ts';

type Endings = { readonly accept: () => Promise<void>; readonly discard: () => Promise<void> };

export function stagedBatch({ results, changes }: Evaluation, endings: Endings): StagedBatch {
  let ended = false;
  const end = async (how: () => Promise<void>) => {
    assert(!ended, 'a staged batch is accepted or discarded once');
    ended = true;
    await how();
  };
  return { results, changes, accept: () => end(endings.accept), discard: () => end(endings.discard) };
}
