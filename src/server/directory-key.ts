/** Why: who may read a data directory owns the store in it, and need not be told its key. */
import { resolve } from 'node:path';
import type { AccessKey } from '../access/credentials.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import { readRootKey } from './root-key.ts';

/** Undefined when the directory holds none: the store was given its key by configuration. */
export function keyOfDirectory(directory: string): Promise<AccessKey | undefined> {
  return readRootKey(openNodeDisk(resolve(directory)));
}
