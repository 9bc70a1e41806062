/**
 * Why: what the kernel has in memory, and may not be lent as it is, comes in slabs so small that the processor's own
 * cache has them while they are read, verified and sent, each one read when it is asked for: no thread is asked and
 * nobody waits. docs/design/sendfile.md has the figures.
 */
import type { ObjectContext } from '../context.ts';
import type { BlockPart } from '../read-ahead/pieces.ts';
import type { Slab } from '../store.ts';
import { ownedSlab } from './owned-slab.ts';
import { leastLentBytes, residentSlabBytes } from './tiers.ts';

/** A part of a block; released as a whole where nobody has drawn its slabs. */
export type ResidentPart = { readonly slabs: AsyncIterable<Slab>; release(): void };

type FetchRest = (part: BlockPart) => Promise<Slab>;

/** Undefined where it does not seem to be in the kernel's memory as a whole: then it is fetched as a whole. */
export function residentPart(
  context: ObjectContext,
  part: BlockPart,
  fetchRest: FetchRest,
): Slab | ResidentPart | undefined {
  const { block, range } = part;
  const bytes = range.to - range.from;
  if (bytes < leastLentBytes || context.readAhead?.held(part) || !endsInMemory(context, part)) return undefined;
  const first = residentSlab(context, part);
  if (first === undefined || first.bytes.byteLength === bytes) return first;
  const rest = { block, range: { ...range, from: range.from + first.bytes.byteLength } };
  return { slabs: slabsBehind(first, residentSlabs(context, rest, fetchRest)), release: () => first.release() };
}

async function* slabsBehind(first: Slab, rest: AsyncIterable<Slab>): AsyncGenerator<Slab> {
  yield first;
  yield* rest;
}

/** Where one of them is not in the kernel's memory, all that is left is fetched. */
export async function* residentSlabs(
  context: ObjectContext,
  { block, range }: BlockPart,
  fetchRest: FetchRest,
): AsyncGenerator<Slab> {
  let { from } = range;
  while (from < range.to) {
    const rest = { block, range: { ...range, from } };
    const slab = residentSlab(context, rest) ?? (await fetchRest(rest));
    from += slab.bytes.byteLength;
    yield slab;
  }
}

/** All of a part, where it is so small that it is one slab. */
export function residentWhole(context: ObjectContext, part: BlockPart): Slab | undefined {
  const { from, to } = part.range;
  return to - from < leastLentBytes || to > slabEnd(from) ? undefined : residentSlab(context, part);
}

/** What is read in order, by us or ahead by the kernel, is in its memory when its end is. */
function endsInMemory({ blocks, readMemory }: ObjectContext, { block, range }: BlockPart): boolean {
  const end = blocks.readNow(block, { ...range, from: range.to - 1 });
  if (end !== undefined) readMemory.give(end);
  return end !== undefined;
}

/** The first bytes of it, where there is memory for them now. */
function residentSlab({ blocks, memory, readMemory }: ObjectContext, { block, range }: BlockPart): Slab | undefined {
  const to = Math.min(range.to, slabEnd(range.from));
  const permit = memory.tryAcquire(to - range.from);
  if (permit === undefined) return undefined;
  const bytes = blocks.readNow(block, { ...range, to });
  if (bytes !== undefined) return ownedSlab(bytes, { permit, readMemory });
  permit.release();
  return undefined;
}

/** A multiple of the size of chunks: no chunk is verified twice. */
function slabEnd(from: number): number {
  return from - (from % residentSlabBytes) + residentSlabBytes;
}
