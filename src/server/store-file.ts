/**
 * Why: where the volumes are must be known before the catalog is, since the catalog is rebuilt from journals on
 * volumes. `store.json` in the data directory says it; when it is lost, the directories under `volumes/` are asked who
 * they are. docs/formats/data-directory.md tells the bytes.
 */

import { resolve } from 'node:path';
import { fromUtf8, utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import type { StoreId, VolumeId } from '../base/ids.ts';
import type { Disk } from '../disk/disk.ts';
import { readWholeFile, replaceFile } from '../disk/whole-file.ts';

/**
 * `path` is absolute here. In the file one below the data directory is relative to it, so that all of it can be moved.
 */
export type KnownVolume = { readonly id: VolumeId; readonly path: string };

export type StoreFile = {
  readonly storeId: StoreId;
  /** The catalog was made. */
  readonly initialised: boolean;
  readonly volumes: readonly KnownVolume[];
};

const formatVersion = 1;
const fileName = 'store.json';

/** Undefined when there is none. */
export async function readStoreFile(disk: Disk): Promise<StoreFile | undefined> {
  const bytes = await readWholeFile(disk, fileName);
  if (bytes === undefined) return undefined;
  const content = parse(bytes);
  if (content === undefined) throw new CopysetError('format.damaged', `${disk.root}/${fileName} is damaged`);
  if (content.format > formatVersion)
    throw new CopysetError(
      'format.unknown_version',
      `${disk.root}/${fileName} has format ${content.format}; this program reads up to ${formatVersion}`,
    );
  return { ...content, volumes: content.volumes.map(({ id, path }) => ({ id, path: resolve(disk.root, path) })) };
}

function parse(bytes: Uint8Array): (StoreFile & { readonly format: number }) | undefined {
  try {
    const value = JSON.parse(fromUtf8(bytes) ?? '') as Partial<StoreFile & { format: number }>;
    if (
      typeof value.format !== 'number' ||
      typeof value.storeId !== 'string' ||
      typeof value.initialised !== 'boolean' ||
      !Array.isArray(value.volumes)
    )
      return undefined;
    return value as StoreFile & { format: number };
  } catch {
    return undefined; // JSON.parse throws SyntaxError for nothing else
  }
}

export async function writeStoreFile(disk: Disk, file: StoreFile): Promise<void> {
  const volumes = file.volumes.map(({ id, path }) => ({ id, path: relativeTo(disk.root, path) }));
  const content = { format: formatVersion, ...file, volumes };
  await replaceFile(disk, fileName, utf8(`${JSON.stringify(content, null, 2)}\n`));
}

function relativeTo(root: string, path: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}
