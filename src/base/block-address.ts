/**
 * Why: a volume addresses what it holds by (class, name, fragment): equal blocks are stored once per placement class.
 */

import { type BlockName, blockNameBytes, decodeBlockName, partitionCount } from './block-name.ts';
import { asBuffer, compareBytes } from './bytes.ts';

/** 1..5: that many whole copies. 6 and above are reserved (constraints, erasure coding). */
export type ClassId = number;

export type BlockAddress = {
  readonly name: BlockName;
  readonly classId: ClassId;
  /** Slot of the copyset with erasure coding; 0 for whole copies. */
  readonly fragment: number;
};

/** 36: digest 32, algorithm 1, class 2 (big endian), fragment 1. Byte order is name order, thus partition order. */
export const blockAddressBytes = blockNameBytes + 3;

/** Between the first two bytes of one partition and those of the next. */
const partitionStep = 2 ** 16 / partitionCount;

export function encodeAddress(address: BlockAddress): Uint8Array {
  const bytes = new Uint8Array(blockAddressBytes);
  bytes.set(Buffer.from(address.name, 'hex'));
  bytes[blockNameBytes] = address.classId >> 8;
  bytes[blockNameBytes + 1] = address.classId & 0xff;
  bytes[blockNameBytes + 2] = address.fragment;
  return bytes;
}

export function decodeAddress(bytes: Uint8Array): BlockAddress {
  return {
    name: decodeBlockName(bytes.subarray(0, blockNameBytes)),
    classId: asBuffer(bytes).readUInt16BE(blockNameBytes),
    fragment: bytes[blockNameBytes + 2] as number,
  };
}

/** Comes before every address of the partition and after all of those before it; undefined for the first. */
export function addressBefore(partition: number): BlockAddress | undefined {
  if (partition === 0) return undefined;
  const bytes = Buffer.alloc(blockAddressBytes, 0xff);
  bytes.writeUInt16BE(partition * partitionStep - 1);
  return decodeAddress(bytes);
}

/** A string for maps; its order as text is address order. */
export function addressKey(address: BlockAddress): string {
  return address.name + (address.classId * 256 + address.fragment).toString(16).padStart(6, '0');
}

export function compareAddresses(left: BlockAddress, right: BlockAddress): number {
  return compareBytes(encodeAddress(left), encodeAddress(right));
}
