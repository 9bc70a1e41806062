/**
 * Why: direct reads and writes ask for memory that lies at whole pages, and of a disk that it can do them at all.
 * Memory of WebAssembly begins at a page: the only one whose address a program of ours knows anything of.
 */
import { assert } from '../base/assert.ts';
import type { CallOptions } from '../base/async/abort.ts';
import { placeInPage } from '../base/page-memory.ts';
import { type Disk, directAlignBytes } from './disk.ts';

declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
};

const wasmPageBytes = 65_536;

/**
 * At least `bytes` of zeros that begin at a page. Reserves much address space: for few buffers that live long. Throws a
 * RangeError or TypeError where there is not so much of it.
 */
export function alignedMemory(bytes: number): Uint8Array {
  const pages = Math.ceil(bytes / wasmPageBytes);
  return new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer);
}

/** Asserts what can be known of these buffers: where the memory behind them begins often cannot. */
export function assertDirect(buffers: readonly Uint8Array[], position: number): void {
  const numbers = [position, ...buffers.flatMap((bytes) => [placeInPage(bytes) ?? bytes.byteOffset, bytes.byteLength])];
  const isAligned = numbers.every((number) => number % directAlignBytes === 0);
  assert(isAligned, `direct: ${numbers.join(', ')} are multiples of ${directAlignBytes}`);
}

/** Whether the disk can: it tries to read a file that is there into aligned memory. */
export async function canDirect(
  disk: Disk,
  { path, memory }: { readonly path: string; readonly memory: Uint8Array },
  options?: CallOptions,
): Promise<boolean> {
  const into = memory.subarray(0, directAlignBytes);
  try {
    const file = await disk.open(path, 'read', { ...options, direct: true });
    try {
      await file.read(into, 0, options);
    } finally {
      await file.close();
    }
    return true;
  } catch {
    return false; // for whatever reason: what is not done directly is done all the same
  }
}
