/**
 * Why: readers, the collector and completion all walk what content is made of. The references of a range come in order;
 * manifest nodes outside of it are not read.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { BlockLocation, BlockStore } from '../../replica/block-store.ts';
import { decodeNode, type ManifestNode } from '../manifest/node.ts';

/** A data block and where its bytes begin in the content. */
export type PlacedRef = { readonly ref: BlockRef; readonly at: number };

export type WalkOptions = CallOptions & {
  readonly from?: number;
  readonly to?: number /** Sees each manifest block too. */;
  readonly onManifest?: (ref: ManifestRef) => void;
  /** Instead of a read of the block, for whoever walks the same content again and again. */
  readonly readNode?: ((block: BlockLocation, options: CallOptions) => Promise<ManifestNode>) | undefined;
};

export type ManifestRef = { readonly name: BlockRef['name'] };

export async function* walkContent(
  blocks: BlockStore,
  content: Content,
  options: WalkOptions = {},
): AsyncGenerator<PlacedRef> {
  if (content.manifest === undefined) yield* within(content.blocks, 0, options);
  else yield* walkNode(blocks, { classId: content.classId, ref: content.manifest, at: 0 }, options);
}

type NodePlace = { readonly classId: number; readonly ref: BlockRef; readonly at: number };

async function* walkNode(blocks: BlockStore, place: NodePlace, options: WalkOptions): AsyncGenerator<PlacedRef> {
  options.onManifest?.({ name: place.ref.name });
  const block = { name: place.ref.name, classId: place.classId };
  const node = await (options.readNode?.(block, { signal: options.signal }) ??
    blocks.read(block, { signal: options.signal }).then(decodeNode));
  for (const { ref, at } of within(node.entries, place.at, options)) {
    if (node.level === 1) yield { ref, at };
    else yield* walkNode(blocks, { classId: place.classId, ref, at }, options);
  }
}

type Window = { readonly from: number; readonly to: number };

/** The one that holds all of the window, where that is known without waiting for a node. */
export function onlyReference(
  { manifest, blocks }: Content,
  window: Window,
  nodeAtHand: (name: BlockRef['name']) => ManifestNode | undefined,
): PlacedRef | undefined {
  if (manifest === undefined) return holder(blocks, 0, window);
  for (let place: PlacedRef | undefined = { ref: manifest, at: 0 }; place !== undefined; ) {
    const node = nodeAtHand(place.ref.name);
    place = node && holder(node.entries, place.at, window);
    if (node?.level === 1) return place;
  }
  return undefined;
}

function holder(refs: readonly BlockRef[], start: number, { from, to }: Window): PlacedRef | undefined {
  let at = start;
  for (const ref of refs) {
    const end = at + ref.bytes;
    if (from < end) return from < to && to <= end ? { ref, at } : undefined;
    at = end;
  }
  return undefined;
}

function* within(refs: readonly BlockRef[], start: number, options: WalkOptions): Generator<PlacedRef> {
  const { from = 0, to = Number.MAX_SAFE_INTEGER } = options;
  let at = start;
  for (const ref of refs) {
    if (at < to && at + ref.bytes > from) yield { ref, at };
    at += ref.bytes;
  }
}
