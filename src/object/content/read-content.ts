/**
 * Why: the way of blocks to a reader: verified, in order, the next one fetched while the last one leaves, each counted
 * against the memory budget until the reader released it.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { throwIfAborted } from '../../base/async/abort.ts';
import type { Permit } from '../../base/async/semaphore.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { ObjectContext } from '../context.ts';
import type { Slab } from '../store.ts';
import { type PlacedRef, walkContent } from './references.ts';

/** Blocks up to this size go through the cache tier. */
const maxCachedBytes = 1024 * 1024;

type Window = { readonly from: number; readonly to: number };

/** The bytes [from, to) of the content as slabs. Stops all work when the consumer stops. */
export async function* readContent(
  context: ObjectContext,
  content: Content,
  window: Window,
  options: CallOptions = {},
): AsyncGenerator<Slab> {
  let next: Promise<Slab> | undefined;
  let isFirst = true;
  try {
    for await (const placed of walkContent(context.blocks, content, { ...options, ...window })) {
      throwIfAborted(options.signal);
      const fetched = fetchSlab(context, { placed, window, classId: content.classId, isFirst }, options);
      isFirst = false;
      fetched.catch(() => undefined); // awaited below; an earlier block that fails must not leave it unhandled
      const ready = next;
      next = fetched;
      if (ready !== undefined) yield await ready;
    }
    const last = next;
    next = undefined;
    if (last !== undefined) yield await last;
  } finally {
    next?.then(
      (slab) => slab.release(),
      () => undefined, // it failed: there is nothing to give back
    );
  }
}

type Fetch = {
  readonly placed: PlacedRef;
  readonly window: Window;
  readonly classId: number;
  /** Until then nothing was answered: the reader can still be told to come again. */
  readonly isFirst: boolean;
};

async function fetchSlab(context: ObjectContext, fetch: Fetch, options: CallOptions): Promise<Slab> {
  const { ref, at } = fetch.placed;
  const from = Math.max(fetch.window.from - at, 0);
  const to = Math.min(fetch.window.to - at, ref.bytes);
  const whole = from === 0 && to === ref.bytes;
  const { memory } = context;
  const reserved = Math.min(memory.mostBytes, to - from);
  const permit = await (fetch.isFirst ? memory.acquire(reserved, options) : memory.more(reserved, options));
  try {
    const block = { name: ref.name, classId: fetch.classId };
    const bytes =
      ref.bytes <= maxCachedBytes
        ? (await readCached(context, block, options)).subarray(from, to)
        : await context.blocks.read(block, whole ? options : { ...options, range: { from, to, of: ref.bytes } });
    return slabOf(bytes, permit);
  } catch (error) {
    permit.release();
    throw error;
  }
}

async function readCached(
  context: ObjectContext,
  block: { name: PlacedRef['ref']['name']; classId: number },
  options: CallOptions,
): Promise<Uint8Array> {
  const hit = await context.cache.get(block.name, options);
  if (hit !== undefined) return hit;
  const bytes = await context.blocks.read(block, options);
  await context.cache.put(block.name, bytes, options);
  return bytes;
}

function slabOf(bytes: Uint8Array, permit: Permit): Slab {
  return { bytes, release: () => permit.release() };
}
