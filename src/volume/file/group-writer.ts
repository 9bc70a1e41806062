/**
 * Why: how the bytes of a group come to a segment. Directly from memory of ours they cost the processor little, and the
 * page cache nothing; for that a group begins and ends at whole blocks of the device, and its frames are copied into
 * aligned spans, a few of which are written at a time. Where the disk cannot do that they are written as they are.
 */
import { allDone } from '../../base/async/all-done.ts';
import { alignUp } from '../../base/bytes.ts';
import { alignedMemory, canDirect } from '../../disk/direct.ts';
import { type Disk, type DiskFile, directAlignBytes } from '../../disk/disk.ts';
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
      const group = new SpanCursor(pieces, position);
      await allDone(spans.map((span) => writeSpans(file, group, span)));
    },
  };
}

/** Fills and writes one span after the other, until the group is at its end or a write of it has failed. */
async function writeSpans(file: DiskFile, group: SpanCursor, span: Uint8Array): Promise<void> {
  try {
    for (let next = group.fill(span); next !== undefined; next = group.fill(span)) {
      await file.write([next.bytes], next.position);
    }
  } catch (error) {
    group.stop();
    throw error;
  }
}

/** Up to where the pieces of a group are copied. */
class SpanCursor {
  #rest: readonly Uint8Array[];
  #position: number;

  constructor(pieces: readonly Uint8Array[], position: number) {
    this.#rest = pieces;
    this.#position = position;
  }

  stop(): void {
    this.#rest = [];
  }

  /** The next bytes, in `span`; undefined at the end. */
  fill(span: Uint8Array): { readonly bytes: Uint8Array; readonly position: number } | undefined {
    const filled = this.#copyInto(span);
    if (filled === 0) return undefined;
    const bytes = span.subarray(0, alignUp(filled, directAlignBytes));
    bytes.fill(0, filled); // an older frame that was left here would pass for one of this group
    const position = this.#position;
    this.#position += bytes.byteLength;
    return { bytes, position };
  }

  /** The number of bytes; the span is full, or there are no more. */
  #copyInto(span: Uint8Array): number {
    let filled = 0;
    let taken = 0;
    for (const piece of this.#rest) {
      const fitting = piece.subarray(0, span.byteLength - filled);
      span.set(fitting, filled);
      filled += fitting.byteLength;
      if (fitting.byteLength < piece.byteLength) {
        this.#rest = [piece.subarray(fitting.byteLength), ...this.#rest.slice(taken + 1)];
        return filled;
      }
      taken++;
    }
    this.#rest = [];
    return filled;
  }
}
