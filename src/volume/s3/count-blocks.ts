/** Why: an endpoint tells nobody what lies under a prefix but by listing it, which is done once, at the open. */
import type { CallOptions } from '../../base/async/abort.ts';
import { mapBounded } from '../../base/async/map-bounded.ts';
import { partitionCount } from '../../base/block-name.ts';
import { addressOfKey, blocksFolder, partitionFolder, pathIn, type VolumePlace } from './place.ts';

export type BlockCount = { readonly blocks: number; readonly liveBytes: number };

const listingsAtOnce = 16;
/** Partitions whose numbers differ in their last hex digit share a listing. */
const partitionsAListing = 16;

/** A small volume takes one request; a large one is listed from many places at once. */
export async function countBlocks(place: VolumePlace, options: CallOptions = {}): Promise<BlockCount> {
  const { done, ...first } = await count(place, blocksFolder, { ...options, maxPages: 1 });
  if (done) return first;
  const folders = Array.from({ length: partitionCount / partitionsAListing }, (_, at) =>
    partitionFolder(at * partitionsAListing).slice(0, -2),
  );
  const counts = await mapBounded(folders, listingsAtOnce, (folder) => count(place, folder, options));
  return {
    blocks: counts.reduce((sum, { blocks }) => sum + blocks, 0),
    liveBytes: counts.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
  };
}

type Counting = CallOptions & { readonly maxPages?: number };

/** `done` is false when there may be more than `maxPages` hold. */
async function count(place: VolumePlace, folder: string, { maxPages = Number.POSITIVE_INFINITY, signal }: Counting) {
  const { key: prefix } = pathIn(place, folder);
  let [blocks, liveBytes, pages] = [0, 0, 0];
  for await (const { objects } of place.client.list(place.bucket, { prefix }, { signal })) {
    if (pages++ === maxPages) return { blocks, liveBytes, done: false };
    const ours = objects.filter(({ key }) => addressOfKey(place, key) !== undefined);
    blocks += ours.length;
    liveBytes += ours.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  return { blocks, liveBytes, done: true };
}
