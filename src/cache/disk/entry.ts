/**
 * Why: one file of the disk tier: a header that names the block and checks its bytes, then the bytes. Nothing is
 * synced: what a crash tears fails its checksum. docs/formats/cache-disk.md tells it byte by byte.
 *
 *   0 magic 4 | 4 version 2 | 6 zero 2 | 8 name 33 | 41 zero 3 | 44 CRC32C of the bytes 4 | 48 length 8 | 56 zero 4 |
 *   60 CRC32C of bytes 0..59 4; integers little endian. History: version 1, 2026-11.
 */
import { type CallOptions, raceAbort } from '../../base/async/abort.ts';
import { type BlockName, encodeBlockName } from '../../base/block-name.ts';
import { equalBytes } from '../../base/bytes.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { crc32c } from '../../base/hash.ts';
import type { Disk, DiskFile } from '../../disk/disk.ts';

export const entryHeaderBytes = 64;
const magic = 0x43534443; // "CSDC"
const formatVersion = 1;
const headerCrcAt = entryHeaderBytes - 4;

/** `ab/abcd...`: 256 directories. */
export function entryPath(name: BlockName): string {
  return `${entryDirectory(name)}/${name}`;
}

export function entryDirectory(name: BlockName): string {
  return name.slice(0, 2);
}

function encodeHeader(name: BlockName, bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(entryHeaderBytes);
  header.writeUInt32BE(magic, 0);
  header.writeUInt16LE(formatVersion, 4);
  header.set(encodeBlockName(name), 8);
  header.writeUInt32LE(crc32c(bytes), 44);
  header.writeBigUInt64LE(BigInt(bytes.byteLength), 48);
  header.writeUInt32LE(crc32c(header.subarray(0, headerCrcAt)), headerCrcAt);
  return header;
}

/** Writes the entry; one that a crash left behind under its name is replaced. */
export async function writeEntry(disk: Disk, name: BlockName, bytes: Uint8Array, options: CallOptions): Promise<void> {
  const file = await createFile(disk, name, options);
  await withFile(file, options, () => file.write([encodeHeader(name, bytes), bytes], 0, options));
}

async function createFile(disk: Disk, name: BlockName, options: CallOptions): Promise<DiskFile> {
  const path = entryPath(name);
  try {
    return await disk.open(path, 'create-new', options);
  } catch (error) {
    if (isCopysetError(error, 'disk.not_found')) await disk.makeDirectory(entryDirectory(name), options);
    else if (isCopysetError(error, 'disk.exists')) await disk.remove(path, options);
    else throw error;
    return disk.open(path, 'create-new', options);
  }
}

/** The bytes of the entry, verified; `format.damaged` when they are not what was put under this name. */
export async function readEntry(
  disk: Disk,
  { name, length }: { readonly name: BlockName; readonly length: number },
  options: CallOptions,
): Promise<Uint8Array> {
  const file = await disk.open(entryPath(name), 'read', options);
  const header = new Uint8Array(entryHeaderBytes);
  const bytes = new Uint8Array(length);
  await withFile(file, options, () =>
    Promise.all([file.read(header, 0, options), file.read(bytes, entryHeaderBytes, options)]),
  );
  // A header that was made for these very bytes is the only one that can be right.
  if (!equalBytes(header, encodeHeader(name, bytes))) {
    throw new CopysetError('format.damaged', `${disk.root}/${entryPath(name)}: not what was put there`);
  }
  return bytes;
}

/** Closes the file after the work; never waits longer than the signal allows. */
async function withFile<T>(file: DiskFile, options: CallOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await raceAbort(file.close(), options.signal);
  }
}
