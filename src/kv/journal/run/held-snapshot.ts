/**
 * Why: a store frees what it holds for a snapshot when a reading of it ends, so one that was taken is always begun and
 * released; and it can be read once: whoever read it again would find it empty, and take that for the whole store.
 */
import { assert } from '../../../base/assert.ts';
import { throwIfAborted } from '../../../base/async/abort.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import type { Entry } from '../../kv.ts';
import type { KvSnapshot, StagingKv } from '../../staging.ts';

export type HeldSnapshot = { readonly snapshot: KvSnapshot; readonly release: () => Promise<void> };

/** The state of `inner` as it is when this resolves. A reading ends with the reason of `stopping` when that aborts. */
export async function holdSnapshot(inner: StagingKv, stopping?: AbortSignal): Promise<HeldSnapshot> {
  const { status, batches } = await ofCatalog(inner.snapshot());
  const iterator = batches[Symbol.asyncIterator]();
  const first = await ofCatalog(iterator.next());
  let isRead = false;
  const readOnce = async function* (): AsyncGenerator<readonly Entry[]> {
    assert(!isRead, 'a snapshot is read once, before it is released');
    isRead = true;
    for (let step = first; step.done !== true; step = await ofCatalog(iterator.next())) {
      throwIfAborted(stopping);
      yield step.value;
    }
  };
  const release = async () => {
    isRead = true;
    await iterator.return?.();
  };
  return { snapshot: { status, batches: { [Symbol.asyncIterator]: readOnce } }, release };
}

/** The catalog's own failure must not be taken for one of the journal that the snapshot is for. */
async function ofCatalog<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (cause) {
    if (!isCopysetError(cause, 'disk.io', 'disk.full')) throw cause;
    throw new CopysetError('catalog.damaged', `the catalog cannot be read: ${cause.message}`, { cause });
  }
}
