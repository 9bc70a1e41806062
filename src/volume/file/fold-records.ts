/**
 * Why: a start reads the records of all segments, in no order, and must know of each address which frame is the newest.
 * This is done in buffers, partition by partition: a million records take no million objects.
 */
import { assert } from '../../base/assert.ts';
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

/** A newer record of the same address: mostly four bytes tell that there is none. */
function hasSuccessor(records: Buffer, order: Uint32Array, position: number): boolean {
  const next = order[position + 1];
  if (next === undefined) return false;
  const [at, nextAt] = [(order[position] as number) * recordBytes, next * recordBytes];
  if (records.readUInt32BE(at + 1) !== records.readUInt32BE(nextAt + 1)) return false;
  return compareAddressesAt(records, at, nextAt) === 0;
}

/**
 * Indices by address, then from the oldest to the newest. Numbers sort many times faster than records: 32 bits of the
 * address, with the index behind them, come first; what they leave equal is compared in full.
 */
function sortedOrder(records: Buffer): Uint32Array {
  const count = records.byteLength / recordBytes;
  assert(count <= 2 ** 21, `${count} records in one partition are numbered exactly`);
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index++)
    keys[index] = records.readUInt32BE(index * recordBytes + 1) * count + index;
  keys.sort();
  const order = Uint32Array.from(keys, (key) => key % count);
  for (let from = 0, to = 0; from < count; from = to) {
    const prefix = Math.floor((keys[from] as number) / count);
    while (to < count && Math.floor((keys[to] as number) / count) === prefix) to++;
    if (to - from > 1) order.subarray(from, to).sort((left, right) => compareRecords(records, left, right));
  }
  return order;
}

/** Equal sequences are copies of one frame, left by a compaction that did not end; any will do, the same one always. */
function compareRecords(records: Buffer, leftIndex: number, rightIndex: number): number {
  const [left, right] = [leftIndex * recordBytes, rightIndex * recordBytes];
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
