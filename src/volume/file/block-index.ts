/**
 * Why: where the newest frame of each address lies, in address order, at 64 bytes a block: one sorted buffer for each
 * partition. An insertion moves half of one partition, which is a copy of 32 KiB in a volume of a million blocks.
 */
import { blockAddressBytes } from '../../base/block-address.ts';
import { partitionCount } from '../../base/block-name.ts';
import { foldRecords, groupByPartition, partitionAt } from './fold-records.ts';
import { type IndexRecord, readRecord, recordBytes, writeRecord } from './record.ts';

type Partition = { bytes: Buffer; end: number };

const smallestCapacity = 16;

export class BlockIndex {
  readonly #partitions: readonly Partition[];

  /** Of all records of all segments, in any order. */
  constructor(lists: readonly Buffer[] = []) {
    const groups = groupByPartition(lists);
    this.#partitions = groups.map(foldRecords).map((bytes) => ({ bytes, end: bytes.byteLength }));
  }

  get(address: Uint8Array): IndexRecord | undefined {
    const partition = this.#partitionOf(address);
    const at = lowerBound(partition, address);
    return holds(partition, at, address) ? readRecord(partition.bytes, at) : undefined;
  }

  set(record: IndexRecord): void {
    const partition = this.#partitionOf(record.address);
    const at = lowerBound(partition, record.address);
    if (!holds(partition, at, record.address)) makeRoom(partition, at);
    writeRecord(partition.bytes, at, record);
  }

  delete(address: Uint8Array): void {
    const partition = this.#partitionOf(address);
    const at = lowerBound(partition, address);
    if (!holds(partition, at, address)) return;
    partition.bytes.copyWithin(at, at + recordBytes, partition.end);
    partition.end -= recordBytes;
  }

  /** Ascending, of one partition or all, those after `after`. Must not be used across a change. */
  *ascending(query: { readonly after?: Uint8Array | undefined; readonly partition?: number | undefined } = {}) {
    const { after } = query;
    const first = query.partition ?? (after === undefined ? 0 : partitionAt(after));
    const last = query.partition ?? partitionCount - 1;
    for (let number = first; number <= last; number++) yield* recordsAfter(this.#partition(number), after);
  }

  /** Calls `visit` with every record, cheaper than `ascending`: where it lies in which bytes. */
  forEach(visit: (bytes: Buffer, at: number) => void): void {
    for (const { bytes, end } of this.#partitions) {
      for (let at = 0; at < end; at += recordBytes) visit(bytes, at);
    }
  }

  #partitionOf(address: Uint8Array): Partition {
    return this.#partition(partitionAt(address));
  }

  #partition(number: number): Partition {
    return this.#partitions[number] as Partition;
  }
}

function* recordsAfter(partition: Partition, after: Uint8Array | undefined): Iterable<IndexRecord> {
  let at = after === undefined ? 0 : lowerBound(partition, after);
  if (after !== undefined && holds(partition, at, after)) at += recordBytes;
  for (; at < partition.end; at += recordBytes) yield readRecord(partition.bytes, at);
}

/** The position of the first record whose address is not below `address`. */
function lowerBound({ bytes, end }: Partition, address: Uint8Array): number {
  let [low, high] = [0, end / recordBytes];
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = middle * recordBytes;
    if (bytes.compare(address, 0, blockAddressBytes, at, at + blockAddressBytes) < 0) low = middle + 1;
    else high = middle;
  }
  return low * recordBytes;
}

function holds({ bytes, end }: Partition, at: number, address: Uint8Array): boolean {
  return at < end && bytes.compare(address, 0, blockAddressBytes, at, at + blockAddressBytes) === 0;
}

function makeRoom(partition: Partition, at: number): void {
  if (partition.end + recordBytes > partition.bytes.byteLength) grow(partition);
  partition.bytes.copyWithin(at + recordBytes, at, partition.end);
  partition.end += recordBytes;
}

function grow(partition: Partition): void {
  const capacity = Math.max(smallestCapacity, Math.ceil((partition.end / recordBytes) * 1.25));
  const grown = Buffer.allocUnsafeSlow(capacity * recordBytes);
  partition.bytes.copy(grown, 0, 0, partition.end);
  partition.bytes = grown;
}
