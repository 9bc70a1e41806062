/**
 * Why: the limit of a PUT is what the disk takes over space that was written before. A store is in that state when old
 * objects were deleted: the segments that held them are written over. Here they are made at once, as a compaction
 * leaves them (docs/formats/volume-file.md): whole segments of bytes that mean nothing.
 */
import { alignedMemory } from '../../src/disk/direct.ts';
import { openNodeDisk } from '../../src/disk/node/node-disk.ts';
import { sparePath } from '../../src/volume/file/paths.ts';

const MiB = 2 ** 20;
const segmentBytes = 256 * MiB;
const pieceBytes = 4 * MiB;

/** For a volume that nobody serves and that holds nothing: so many bytes, in whole segments. */
export async function leaveUsedSegments(volume: string, bytes: number): Promise<void> {
  const count = Math.ceil(bytes / segmentBytes);
  const disk = openNodeDisk(volume);
  const piece = alignedMemory(pieceBytes).subarray(0, pieceBytes).fill(0xa5);
  for (let segment = 1; segment <= count; segment++) {
    const file = await disk.open(sparePath(segment), 'create', { direct: true });
    try {
      for (let position = 0; position < segmentBytes; position += pieceBytes) await file.write([piece], position);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
