/** Why: small files are read whole and replaced whole: written beside, synced, renamed, the directory synced. */
import type { CallOptions } from '../base/async/abort.ts';
import { isCopysetError } from '../base/errors.ts';
import type { Disk } from './disk.ts';

/** Undefined when there is none. */
export async function readWholeFile(
  disk: Disk,
  path: string,
  options: CallOptions = {},
): Promise<Uint8Array | undefined> {
  try {
    const file = await disk.open(path, 'read', options);
    try {
      const bytes = new Uint8Array(await file.size(options));
      return bytes.subarray(0, await file.read(bytes, 0, options));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isCopysetError(error, 'disk.not_found')) return undefined;
    throw error;
  }
}

/** Durable when it resolves; after a crash the old bytes or the new ones are there, whole. */
export async function replaceFile(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
  options: CallOptions = {},
): Promise<void> {
  const beside = `${path}.new`;
  await disk.remove(beside, options);
  const file = await disk.open(beside, 'create-new', options);
  try {
    await file.write([bytes], 0, options);
    await file.sync(options);
  } finally {
    await file.close();
  }
  await disk.rename(beside, path, options);
  await disk.syncDirectory(path.split('/').slice(0, -1).join('/'), options);
}
