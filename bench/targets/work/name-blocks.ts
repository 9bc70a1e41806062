/** Why: what the name of a block costs by itself: its hash, over pieces as large as those that come from a socket. */
import { nameBlock } from '../../../src/base/block-name.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { blockBytes, type Done, type WorkJob } from './job.ts';

/** More than the caches of a processor hold. */
const memoryBytes = 2 ** 26;
const pieceBytes = 256 * 1024;
const mostMs = 500;

export function nameBlocks({ bytes, milliseconds }: Extract<WorkJob, { readonly what: 'name' }>): Done {
  const namedBytes = Math.min(bytes, blockBytes);
  const blocks = cutInto(systemRandom.bytes(memoryBytes), namedBytes).map((block) => cutInto(block, pieceBytes));
  const tookMs: number[] = [];
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  while (performance.now() < startedMs + Math.min(milliseconds, mostMs)) {
    for (const block of blocks) {
      const sinceMs = performance.now();
      nameBlock(block, 'blake3');
      tookMs.push(performance.now() - sinceMs);
    }
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedMs) / 1000;
  return { bytes: tookMs.length * namedBytes, seconds, cpuSeconds: (user + system) / 1e6, tookMs };
}

function cutInto(memory: Uint8Array, bytes: number): Uint8Array[] {
  const count = Math.ceil(memory.byteLength / bytes);
  return Array.from({ length: count }, (_, at) => memory.subarray(at * bytes, (at + 1) * bytes));
}
