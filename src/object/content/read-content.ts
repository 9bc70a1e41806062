/**
 * Why: the way of blocks to a reader: verified, in order, the next one fetched while the last one leaves, each counted
 * against the memory budget until the reader released it.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { throwIfAborted } from '../../base/async/abort.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { BlockLocation } from '../../replica/block-store.ts';
import type { ObjectContext } from '../context.ts';
import type { BlockPart } from '../read-ahead/pieces.ts';
import type { Extent, Piece, Slab } from '../store.ts';
import { ownedSlab } from './owned-slab.ts';
import { onlyReference, type PlacedRef, walkContent } from './references.ts';
import { type ResidentPart, residentPart, residentSlabs, residentWhole } from './resident-slabs.ts';
import { takeRoom } from './room.ts';
import { leastLentBytes, maxCachedBytes } from './tiers.ts';

type Window = { readonly from: number; readonly to: number };

/** The bytes [from, to) of the content as slabs. Stops all work when the consumer stops. */
export function readContent(
  context: ObjectContext,
  content: Content,
  window: Window,
  options: CallOptions = {},
): AsyncGenerator<Slab> {
  const fetchRead = (part: AskedPart) => fetchSlab(context, part, { ...options, maxCachedBytes });
  const fetch = (part: AskedPart) => withReadAhead(context, part, { ...options, fetch: fetchRead });
  return inOrder(placesOf(context, content, { ...options, ...window }), partsOf(content, window, fetch));
}

/** As `readContent`; what lies verified in the page cache comes as extents, what lies there in small slabs. */
export async function* readPieces(
  context: ObjectContext,
  content: Content,
  window: Window,
  options: CallOptions = {},
): AsyncGenerator<Piece> {
  const fetchRead = (part: AskedPart) => fetchSlab(context, part, { ...options, maxCachedBytes: leastLentBytes });
  const fetchPiece = async (part: AskedPart): Promise<Piece | ResidentPart> => {
    const atHand = lendExtent(context, part, fetchRead) ?? residentPart(context, part, fetchLater(fetchRead));
    if (atHand !== undefined) return atHand;
    const slab = await fetchRead(part);
    const read = lendExtent(context, part, fetchRead);
    if (read !== undefined) slab.release();
    return read ?? slab;
  };
  const fetch = (part: AskedPart) => withReadAhead(context, part, { ...options, fetch: fetchPiece });
  const places = placesOf(context, content, { ...options, ...window });
  for await (const piece of inOrder(places, partsOf(content, window, fetch))) {
    if ('slabs' in piece) yield* piece.slabs;
    else yield piece;
  }
}

function placesOf(context: ObjectContext, content: Content, options: CallOptions & Window): AsyncIterable<PlacedRef> {
  const { blocks, nodes } = context;
  const readNode =
    nodes && ((block: BlockLocation, call: CallOptions) => nodes.read(block.name, () => blocks.read(block, call)));
  return walkContent(blocks, content, { ...options, readNode });
}

/** The bytes [from, to) in one piece, where they lie in one block that is lent, or in memory. */
export function pieceAtHand(
  context: ObjectContext,
  content: Content,
  window: Window,
  options: CallOptions = {},
): Piece | undefined {
  const placed = onlyReference(content, window, (name) => context.nodes?.atHand(name));
  if (placed === undefined) return undefined;
  const part = partOf(content, window, { placed, isFirst: true });
  const fetchRest = (rest: AskedPart) => fetchSlab(context, rest, { ...options, maxCachedBytes: leastLentBytes });
  const piece = lendExtent(context, part, fetchRest) ?? slabAtHand(context, part) ?? residentWhole(context, part);
  if (piece !== undefined) context.readAhead?.used(part);
  return piece;
}

/** Until the first one is there nothing was answered: the reader can still be told to come again. */
type AskedPart = BlockPart & { readonly isFirst: boolean };

/** Of what something was sent before. */
function fetchLater<T>(fetch: Fetch<T>): (part: BlockPart) => Promise<T> {
  return (part) => fetch({ ...part, isFirst: false });
}

type Releasable = { release(): void };

type Fetch<T> = (part: AskedPart) => Promise<T>;

function partsOf<T>(content: Content, window: Window, fetch: Fetch<T>): (placed: PlacedRef) => Promise<T> {
  let isFirst = true;
  return (placed) => {
    const part = partOf(content, window, { placed, isFirst });
    isFirst = false;
    return fetch(part);
  };
}

type Asked = { readonly placed: PlacedRef; readonly isFirst: boolean };

function partOf({ classId }: Content, window: Window, { placed: { ref, at }, isFirst }: Asked): AskedPart {
  const from = Math.max(window.from - at, 0);
  const to = Math.min(window.to - at, ref.bytes);
  return { block: { name: ref.name, classId }, range: { from, to, of: ref.bytes }, isFirst };
}

async function* inOrder<T extends Releasable>(
  places: AsyncIterable<PlacedRef>,
  fetch: (placed: PlacedRef) => Promise<T>,
): AsyncGenerator<T> {
  let next: Promise<T> | undefined;
  try {
    for await (const placed of places) {
      const fetched = fetch(placed);
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
      (piece) => piece.release(),
      () => undefined, // it failed: there is nothing to give back
    );
  }
}

/** What is on its way already is waited for; what was read is told. */
async function withReadAhead<T>(
  { readAhead }: ObjectContext,
  part: AskedPart,
  { fetch, signal }: CallOptions & { readonly fetch: Fetch<T> },
): Promise<T> {
  await readAhead?.arrival(part, { signal });
  const piece = await fetch(part);
  readAhead?.used(part);
  return piece;
}

function lendExtent(context: ObjectContext, part: AskedPart, fetchRest: Fetch<Slab>): Extent | undefined {
  const { blocks } = context;
  const { block, range } = part;
  const loan = range.to - range.from < leastLentBytes ? undefined : blocks.lend(block, range);
  if (loan === undefined) return undefined;
  const rest = (sent: number) =>
    residentSlabs(context, { block, range: { ...range, from: range.from + sent } }, fetchLater(fetchRest));
  return { span: loan.span, rest, release: () => loan.release() };
}

/** Of a block that a tier has, where there is memory for it now. */
function slabAtHand({ cache, memory }: ObjectContext, { block, range }: AskedPart): Slab | undefined {
  const { from, to, of } = range;
  const held = of <= leastLentBytes ? cache.atHand(block.name) : undefined;
  const permit = held && memory.tryAcquire(to - from);
  return permit && { bytes: held.subarray(from, to), release: () => permit.release() };
}

type FetchOptions = CallOptions & { readonly maxCachedBytes: number };

async function fetchSlab(
  context: ObjectContext,
  { block, range, isFirst }: AskedPart,
  { signal, maxCachedBytes: cached }: FetchOptions,
): Promise<Slab> {
  throwIfAborted(signal);
  const { from, to, of } = range;
  const permit = await takeRoom(context, to - from, { waitsFor: 'disks', isFirst, signal });
  try {
    if (of <= cached) {
      const bytes = (await readCached(context, { block, of }, { signal })).subarray(from, to);
      return { bytes, release: () => permit.release() };
    }
    const ahead = context.readAhead?.held({ block, range });
    if (ahead !== undefined) return { bytes: ahead, release: () => permit.release() };
    const bytes = await context.blocks.read(block, { signal, range });
    permit.waitFor('client');
    return ownedSlab(bytes, { permit, readMemory: context.readMemory });
  } catch (error) {
    permit.release();
    throw error;
  }
}

async function readCached(
  context: ObjectContext,
  { block, of }: { readonly block: BlockLocation; readonly of: number },
  options: CallOptions,
): Promise<Uint8Array> {
  const hit = await context.cache.get(block.name, options);
  if (hit !== undefined) return hit;
  const ahead = context.readAhead?.held({ block, range: { from: 0, to: of, of } });
  const bytes = ahead ?? (await context.blocks.read(block, options));
  await context.cache.put(block.name, bytes, options);
  return bytes;
}
