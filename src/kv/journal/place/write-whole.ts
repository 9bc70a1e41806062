/**
 * Why: a file of a journal appears under its name only when it is whole and durable, so that no reader ever sees a
 * part.
 */
import type { Disk, DiskFile } from '../../../disk/disk.ts';
import { temporaryName } from './names.ts';

/** Writes pieces one behind the other. */
export class FileAppender {
  readonly #file: DiskFile;
  bytes = 0;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  async append(pieces: readonly Uint8Array[]): Promise<void> {
    const at = this.bytes;
    this.bytes += pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    await this.#file.write(pieces, at);
  }
}

/** The file after `write`, synced, under its name, the name durable too. It is left open, for the caller to close. */
export async function writeWhole(
  disk: Disk,
  name: string,
  write: (appender: FileAppender) => Promise<void>,
): Promise<DiskFile> {
  const temporary = temporaryName(name);
  await disk.remove(temporary);
  const file = await disk.open(temporary, 'create-new');
  try {
    await write(new FileAppender(file));
    await file.sync();
    await disk.rename(temporary, name);
    await disk.syncDirectory('');
    return file;
  } catch (error) {
    await file.close();
    await disk.remove(temporary).catch(() => undefined); // the first failure is the one to tell
    throw error;
  }
}
