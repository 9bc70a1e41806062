/**
 * Why: readers, the collector and completion all walk what content is made of. The references of a range come in order;
 * manifest nodes outside of it are not read.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';
import type { Content } from '../../catalog/records/version.ts';
import type { BlockStore } from '../../replica/block-store.ts';
import { decodeNode } from '../manifest/node.ts';

/** A data block and where its bytes begin in the content. */
export type PlacedRef = { readonly ref: BlockRef; readonly at: number };

export type WalkOptions = CallOptions & {
  readonly from?: number;
  readonly to?: number /** Sees each manifest block too. */;
  readonly onManifest?: (ref: ManifestRef) => void;
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
  const node = decodeNode(await blocks.read({ name: place.ref.name, classId: place.classId }, options));
  for (const { ref, at } of within(node.entries, place.at, options)) {
    if (node.level === 1) yield { ref, at };
    else yield* walkNode(blocks, { classId: place.classId, ref, at }, options);
  }
}

/** The one that holds all of the range, where that is known without a read. */
export function onlyReference(
  { manifest, blocks }: Content,
  { from, to }: { readonly from: number; readonly to: number },
): PlacedRef | undefined {
  if (manifest !== undefined || from >= to) return undefined;
  let at = 0;
  for (const ref of blocks) {
    const end = at + ref.bytes;
    if (from < end) return to <= end ? { ref, at } : undefined;
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
