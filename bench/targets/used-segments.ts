/**
 * Why: the limit of a PUT is what the disk takes over space that was written before. A store is in that state when old
 * objects were deleted: the segments that held them are written over. Here they are made at once, as a compaction
 * leaves them (docs/formats/volume-file.md): whole segments of bytes that mean nothing.
 */
import { join } from 'node:path';
import { sparePath } from '../../src/volume/file/paths.ts';
import { fillFile, openDirect } from './work/fill-file.ts';

const segmentBytes = 256 * 2 ** 20;

/** For a volume that nobody serves and that holds nothing: so many bytes, in whole segments. */
export async function leaveUsedSegments(volume: string, bytes: number): Promise<void> {
  const count = Math.ceil(bytes / segmentBytes);
  for (let segment = 1; segment <= count; segment++) {
    await using file = await openDirect(join(volume, sparePath(segment)));
    await fillFile(file, segmentBytes);
  }
}
