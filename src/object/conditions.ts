/**
 * Why: what a write asks of the current object is judged in one place: early, before a body is taken, and again in the
 * commit, where it counts (RFC 9110, section 13; If-Match where there is no object is `not_found`, as S3 has it).
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import type { BucketRecord } from '../catalog/records/bucket.ts';
import { type Condition, currentVersion } from '../catalog/versions.ts';
import type { ObjectContext } from './context.ts';
import type { WriteCondition } from './store.ts';

export function toCondition(condition: WriteCondition | undefined): Condition | undefined {
  if (condition === undefined) return undefined;
  const { ifMatch, ifNoneMatch } = condition;
  return (current) => {
    if (ifMatch !== undefined && current === undefined) {
      throw new CopysetError('not_found', 'there is no object for the condition to match', {
        details: { what: 'object' },
      });
    }
    const { etag } = current ?? {};
    const fails =
      (ifMatch !== undefined && !matches(ifMatch, etag)) || (ifNoneMatch !== undefined && matches(ifNoneMatch, etag));
    if (fails) throw new CopysetError('precondition_failed', 'the current object does not meet the condition');
  };
}

function matches(etags: readonly string[] | '*', etag: string | undefined): boolean {
  return etag !== undefined && (etags === '*' || etags.includes(etag));
}

/** Before the body is taken: a write that cannot succeed costs nothing. */
export async function judgeEarly(
  { kv }: ObjectContext,
  bucket: BucketRecord,
  write: { readonly key: string; readonly condition: Condition | undefined },
  options: CallOptions,
): Promise<void> {
  if (write.condition === undefined) return;
  const current = await currentVersion(kv, bucket, write.key, options);
  write.condition(current?.record.isDeleteMarker === true ? undefined : current?.record);
}
