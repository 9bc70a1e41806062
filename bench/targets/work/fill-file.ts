/** Why: space that was written before is made the same way for the limit of the disk and for a store beside it. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { alignedMemory } from '../../../src/disk/direct.ts';

const pieceBytes = 2 ** 23;

/** For reads and writes past the page cache; made where it is missing. */
export function openDirect(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDWR | constants.O_CREAT | constants.O_DIRECT, 0o600);
}

/** `bytes`: whole pieces of 8 MiB. A file that has them is left as it is. */
export async function fillFile(file: FileHandle, bytes: number): Promise<void> {
  const { size } = await file.stat();
  const memory = alignedMemory(pieceBytes).fill(1);
  for (let at = size < bytes ? 0 : bytes; at < bytes; at += pieceBytes) await file.write(memory, 0, pieceBytes, at);
  await file.sync();
}
