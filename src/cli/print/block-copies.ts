/** Why: an object may have very many blocks, so their copies are printed as they come, not as one table. */
import type { BlockCopies } from '../../admin/contract.ts';
import type { CommandContext } from '../command.ts';
import { printBytes } from './units.ts';

const digestTools = { blake3: 'b3sum', sha256: 'sha256sum' } as const;

/** Prints all; gives the number of copies in each state. */
export async function printBlockCopies(
  blocks: AsyncIterable<BlockCopies>,
  { output }: CommandContext,
): Promise<ReadonlyMap<string, number>> {
  const states = new Map<string, number>();
  for await (const block of blocks) {
    output.value(block, () => describe(block));
    for (const { state } of block.copies) states.set(state, (states.get(state) ?? 0) + 1);
  }
  return states;
}

function describe({ digest, holds, fromByte, bytes, copies }: BlockCopies): string {
  const what = holds === 'manifest' ? 'manifest' : `from byte ${fromByte}`;
  const where = copies.map(({ state, path }) => `    ${state.padEnd(11)}  ${path}\n`).join('');
  return `${digestTools[digest.hash]} ${digest.hex}  ${what}, ${printBytes(bytes)}\n${where}`;
}
