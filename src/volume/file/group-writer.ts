/**
 * Why: how the bytes of a group come to a segment. Directly from memory of ours they cost the processor little, and the
 * page cache nothing; for that a group begins and ends at whole blocks of the device (direct-group.ts), and a few spans
 * of it are written at a time. Where the disk cannot do that its pieces are written as they are.
 */
import { allDone } from '../../base/async/all-done.ts';
import { alignedMemory, canDirect } from '../../disk/direct.ts';
import { type Disk, type DiskFile, directAlignBytes } from '../../disk/disk.ts';
import { DirectGroup } from './direct-group.ts';
import { alignBytes } from './frame.ts';

export type GroupWriter = {
  /** Groups begin at multiples of this; what a group leaves of the last one is padding. */
  readonly alignBytes: number;
  /** How a segment must be opened to be written. */
  readonly direct: boolean;
  /** Writes the pieces, and the padding behind them. When it settles nothing of it is under way. */
  write(file: DiskFile, pieces: readonly Uint8Array[], position: number): Promise<void>;
};

export type SpanLimits = {
  /** What one direct write takes at most; a multiple of the blocks of the device. */
  readonly spanBytes: number;
  /** Direct writes at one time, each of its own memory. */
  readonly maxSpansInFlight: number;
};

/** `path`: of a file that is there, for a trial. */
export async function newGroupWriter(disk: Disk, path: string, limits: SpanLimits): Promise<GroupWriter> {
  const memory = memoryOf(limits);
  if (memory === undefined || !(await canDirect(disk, { path, memory }))) return bufferedWriter;
  return directWriter(memory, limits);
}

function memoryOf({ spanBytes, maxSpansInFlight }: SpanLimits): Uint8Array | undefined {
  try {
    return alignedMemory(spanBytes * maxSpansInFlight);
  } catch {
    return undefined; // a limit of the address space: buffered writes ask for none
  }
}

const bufferedWriter: GroupWriter = {
  alignBytes,
  direct: false,
  write: (file, pieces, position) => file.write(pieces, position),
};

function directWriter(memory: Uint8Array, { spanBytes, maxSpansInFlight }: SpanLimits): GroupWriter {
  const spans = Array.from({ length: maxSpansInFlight }, (_, at) =>
    memory.subarray(at * spanBytes, (at + 1) * spanBytes),
  );
  return {
    alignBytes: directAlignBytes,
    direct: true,
    write: async (file, pieces, position) => {
      const group = new DirectGroup(pieces, position);
      await allDone(spans.map((span) => writeSpans(file, group, span)));
    },
  };
}

/** Writes one span after the other, until the group is at its end or a write of it has failed. */
async function writeSpans(file: DiskFile, group: DirectGroup, span: Uint8Array): Promise<void> {
  try {
    for (let next = group.next(span); next !== undefined; next = group.next(span)) {
      await file.write(next.pieces, next.position);
    }
  } catch (error) {
    group.stop();
    throw error;
  }
}
