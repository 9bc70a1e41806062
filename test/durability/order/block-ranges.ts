/**
 * Why: many blocks go to a segment in one write, or one block in several. That a block is written whole is told by the
 * ranges of the writes, and by where the segments say afterwards that it lies.
 */

import { decodeAddress } from '../../../src/base/block-address.ts';
import { openNodeDisk } from '../../../src/disk/node/node-disk.ts';
import { frameBytesOf } from '../../../src/volume/file/frame.ts';
import { parseSegmentFileName, segmentPath, segmentsPath } from '../../../src/volume/file/paths.ts';
import { readFrames } from '../../../src/volume/file/read-frames.ts';
import { readVolumeIdentity } from '../../../src/volume/file/read-identity.ts';
import { recordsIn } from '../../../src/volume/file/record.ts';

type Range = { readonly from: number; readonly to: number };

/** The frame of a put. */
export type PlacedBlock = Range & {
  /** Of its segment. */
  readonly path: string;
  /** As hex. */
  readonly name: string;
};

/** All blocks of the volume that nobody writes any more. */
export async function placedBlocks(volumePath: string): Promise<PlacedBlock[]> {
  const disk = openNodeDisk(volumePath);
  const identity = await readVolumeIdentity(disk);
  const files = (await disk.list(segmentsPath)).map(parseSegmentFileName).filter((name) => name?.kind === 'segment');
  const placed: PlacedBlock[] = [];
  for (const segment of files.map((file) => file?.segment ?? 0)) {
    const path = segmentPath(segment);
    const segmentBytes = (await disk.stat(path))?.bytes ?? 0;
    const { records } = await readFrames(disk, identity, { segment, segmentBytes });
    for (const frame of recordsIn(records.bytes)) {
      if (frame.kind !== 'put') continue;
      const { name } = decodeAddress(frame.address);
      placed.push({
        path: `${disk.root}/${path}`,
        name,
        from: frame.position,
        to: frame.position + frameBytesOf(frame),
      });
    }
  }
  return placed;
}

export class BlockRanges {
  /** What is not written yet of the blocks in each segment. */
  readonly #missing = new Map<string, { readonly name: string; rest: readonly Range[] }[]>();

  constructor(placed: readonly PlacedBlock[]) {
    for (const [path, blocks] of Map.groupBy(placed, (block) => block.path)) {
      this.#missing.set(
        path,
        blocks.map(({ name, from, to }) => ({ name, rest: [{ from, to }] })),
      );
    }
  }

  /** A write took place; the names of the blocks that are whole with it. */
  wrote(path: string, written: Range): string[] {
    const missing = this.#missing.get(path) ?? [];
    for (const block of missing) block.rest = block.rest.flatMap((range) => without(range, written));
    this.#missing.set(
      path,
      missing.filter(({ rest }) => rest.length > 0),
    );
    return missing.filter(({ rest }) => rest.length === 0).map(({ name }) => name);
  }
}

function without({ from, to }: Range, written: Range): Range[] {
  const before = { from, to: Math.min(to, written.from) };
  const after = { from: Math.max(from, written.to), to };
  return [before, after].filter((range) => range.from < range.to);
}
