/**
 * Why: which blocks must lie on the volumes follows from the files alone: a client sends parts of 8 MiB, a part is cut
 * into blocks of B bytes, and the name of a block is the BLAKE3 of its bytes.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { blake3 } from 'hash-wasm';

const blake3Code = '1e';

/** For each block its file. B divides a part, so that a file is cut every B bytes. */
export async function blocksOf(
  folder: string,
  files: readonly string[],
  blockBytes: number,
): Promise<Map<string, string>> {
  const blocks = new Map<string, string>();
  for (const file of files) {
    for await (const block of namesIn(join(folder, file), blockBytes)) blocks.set(block, file);
  }
  return blocks;
}

async function* namesIn(path: string, blockBytes: number): AsyncGenerator<string> {
  const chunks = createReadStream(path, { highWaterMark: blockBytes }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) yield (await blake3(chunk)) + blake3Code;
}
