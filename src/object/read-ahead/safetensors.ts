/**
 * Why: loaders of safetensors read eight bytes, then a header, then tensors; the eight bytes tell where the data begin.
 * Format: https://github.com/huggingface/safetensors#format (N as 8 bytes little endian, N bytes of JSON, data).
 */
import { asBuffer } from '../../base/bytes.ts';

export const lengthFieldBytes = 8;
/** The loader of the format's own library refuses longer ones. */
const mostHeaderBytes = 100_000_000;

export function isSafetensorsKey(key: string): boolean {
  return key.endsWith('.safetensors');
}

/** Where the data of a file of `of` bytes begin; undefined when these first bytes are of no such file. */
export function dataStart(first: Uint8Array, of: number): number | undefined {
  if (first.byteLength < lengthFieldBytes) return undefined;
  const headerBytes = asBuffer(first).readBigUInt64LE(0);
  const start = lengthFieldBytes + Number(headerBytes);
  return headerBytes > 0n && headerBytes <= BigInt(mostHeaderBytes) && start <= of ? start : undefined;
}
