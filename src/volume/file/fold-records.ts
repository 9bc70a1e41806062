/**
 * Why: a start reads the records of all segments, in no order, and must know of each address which frame is the newest.
 * This is done in buffers, partition by partition: a million records take no million objects.
 */
import { blockAddressBytes } from '../../base/block-address.ts';
import { partitionCount } from '../../base/block-name.ts';
import { isPutAt, maxStale, recordBytes, segmentAt, sequenceAt, writeStale } from './record.ts';

/** 0..1023 of the encoded address that starts at `at`: its first ten bits. */
export function partitionAt(bytes: Uint8Array, at = 0): number {
  return ((bytes[at] as number) << 2) | ((bytes[at + 1] as number) >> 6);
}

/** The records of `lists`, one buffer for each partition. */
export function groupByPartition(lists: readonly Buffer[]): Buffer[] {
  const counts = new Uint32Array(partitionCount);
  forEachRecord(lists, (bytes, at) => {
    counts[partitionAt(bytes, at)] = (counts[partitionAt(bytes, at)] as number) + 1;
  });
  const groups = Array.from(counts, (count) => Buffer.allocUnsafeSlow(count * recordBytes));
  const filled = new Uint32Array(partitionCount);
  forEachRecord(lists, (bytes, at) => {
    const partition = partitionAt(bytes, at);
    const to = filled[partition] as number;
    bytes.copy(groups[partition] as Buffer, to, at, at + recordBytes);
    filled[partition] = to + recordBytes;
  });
  return groups;
}

function forEachRecord(lists: readonly Buffer[], visit: (bytes: Buffer, at: number) => void): void {
  for (const bytes of lists) for (let at = 0; at < bytes.byteLength; at += recordBytes) visit(bytes, at);
}

/**
 * The newest record of each address, ascending, with the number of its older puts; `records` are of one partition. A
 * tombstone that hides no put is left out.
 */
export function foldRecords(records: Buffer): Buffer {
  if (records.byteLength === 0) return records;
  const order = sortedOrder(records);
  const folded = Buffer.allocUnsafeSlow(records.byteLength);
  let end = 0;
  let stale = 0;
  order.forEach((index, position) => {
    const at = index * recordBytes;
    const isPut = isPutAt(records, at);
    if (hasSuccessor(records, order, position)) {
      stale += isPut ? 1 : 0;
      return;
    }
    if (isPut || stale > 0) {
      records.copy(folded, end, at, at + recordBytes);
      writeStale(folded, end, Math.min(stale, maxStale));
      end += recordBytes;
    }
    stale = 0;
  });
  return folded.subarray(0, end);
}

/** A newer record of the same address. */
function hasSuccessor(records: Buffer, order: Uint32Array, position: number): boolean {
  const next = order[position + 1];
  return (
    next !== undefined &&
    compareAddressesAt(records, (order[position] as number) * recordBytes, next * recordBytes) === 0
  );
}

/** Indices by address, then from the oldest to the newest. */
function sortedOrder(records: Buffer): Uint32Array {
  const count = records.byteLength / recordBytes;
  const prefixes = new Float64Array(count);
  for (let index = 0; index < count; index++) prefixes[index] = records.readUIntBE(index * recordBytes + 1, 6);
  return Uint32Array.from(prefixes.keys()).sort(
    (left, right) =>
      (prefixes[left] as number) - (prefixes[right] as number) ||
      compareRecords(records, left * recordBytes, right * recordBytes),
  );
}

/** Equal sequences are copies of one frame, left by a compaction that did not end; any will do, the same one always. */
function compareRecords(records: Buffer, left: number, right: number): number {
  return (
    compareAddressesAt(records, left, right) ||
    sequenceAt(records, left) - sequenceAt(records, right) ||
    Number(isPutAt(records, left)) - Number(isPutAt(records, right)) ||
    segmentAt(records, left) - segmentAt(records, right)
  );
}

function compareAddressesAt(records: Buffer, left: number, right: number): number {
  return records.compare(records, right, right + blockAddressBytes, left, left + blockAddressBytes);
}
