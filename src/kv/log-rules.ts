/** Why: below which revision the log is refused, and which changes may be replayed, is one rule for all drivers. */
import { CopysetError } from '../base/errors.ts';
import type { Change, KvStatus, Revision } from './kv.ts';

export function refuseTrimmed(after: Revision, { trimmedTo }: Pick<KvStatus, 'trimmedTo'>): void {
  if (after >= trimmedTo) return;
  throw new CopysetError('kv.compacted', `changes after revision ${after} are gone: the log begins after ${trimmedTo}`);
}

/** Those above `newest`. A gap would mean that acknowledged commits are missing, so it is refused. */
export function checkReplay(changes: readonly Change[], newest: Revision): readonly Change[] {
  const fresh = changes.filter(({ revision }) => revision > newest);
  const gap = fresh.findIndex(({ revision }, index) => revision !== newest + index + 1);
  if (gap < 0) return fresh;
  throw new CopysetError('request.invalid', `revision ${fresh[gap]?.revision} does not follow ${newest + gap}`);
}
