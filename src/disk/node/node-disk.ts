/** Why: the real disk, on node:fs. Files are 0600, directories 0700: what the store holds is nobody else's to read. */
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { abandonable, abandonableOpen } from '../abandon.ts';
import type { Disk, DiskEntry, DiskFile, DiskLock, DiskSpace, OpenMode, OpenOptions } from '../disk.ts';
import { checkPath, compareNames, namesOf } from '../path.ts';
import { errnoOf, mapErrors } from './errors.ts';
import { NodeFile } from './file.ts';
import { lockFile } from './lock.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

const openFlags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | O_NOFOLLOW,
  write: O_RDWR | O_NOFOLLOW,
  create: O_RDWR | O_CREAT | O_NOFOLLOW,
  'create-new': O_RDWR | O_CREAT | O_EXCL,
};

/** Not every system has it. */
const directFlag: number | undefined = constants.O_DIRECT;

/** The disk below the directory `root`, which `makeDirectory('')` makes where it is missing. */
export function openNodeDisk(root: string): Disk {
  return new NodeDisk(resolve(root));
}

class NodeDisk implements Disk {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  open(path: string, mode: OpenMode, options: OpenOptions = {}): Promise<DiskFile> {
    return abandonableOpen(() => this.#open(path, mode, options.direct === true), options);
  }

  stat(path: string, options?: CallOptions): Promise<DiskEntry | undefined> {
    return this.#call('stat', path, statEntry, options);
  }

  list(path: string, options?: CallOptions): Promise<string[]> {
    return this.#call('list', path, async (absolute) => (await fs.readdir(absolute)).sort(compareNames), options);
  }

  makeDirectory(path: string, options?: CallOptions): Promise<void> {
    return this.#call('make directory', path, () => this.#makeDirectories(path), options);
  }

  rename(from: string, to: string, options?: CallOptions): Promise<void> {
    return this.#call('rename', from, async (absolute) => fs.rename(absolute, this.#absolute(to)), options);
  }

  remove(path: string, options?: CallOptions): Promise<void> {
    return this.#call('remove', path, removeEntry, options);
  }

  syncDirectory(path: string, options?: CallOptions): Promise<void> {
    return this.#call('sync directory', path, syncDirectory, options);
  }

  space(options?: CallOptions): Promise<DiskSpace> {
    return this.#call('space', '', freeSpace, options);
  }

  /** A lock is taken and given back by calls that stop the whole process: that the disk answers is found out before. */
  async lock(path: string): Promise<DiskLock> {
    const absolute = this.#absolute(path);
    const directory = dirname(absolute);
    await mapErrors(`lock ${absolute}`, fs.readdir(directory));
    const lock = lockFile(absolute);
    return {
      release: async () => {
        await Promise.allSettled([fs.readdir(directory)]); // it may have been removed
        await lock.release();
      },
    };
  }

  #absolute(path: string): string {
    checkPath(path);
    return path === '' ? this.root : `${this.root}/${path}`;
  }

  #call<T>(what: string, path: string, work: (absolute: string) => Promise<T>, options?: CallOptions): Promise<T> {
    return abandonable(async () => {
      const absolute = this.#absolute(path);
      return mapErrors(`${what} ${absolute}`, work(absolute));
    }, options);
  }

  async #open(path: string, mode: OpenMode, direct: boolean): Promise<DiskFile> {
    const absolute = this.#absolute(path);
    const flags = direct ? openFlags[mode] | knownDirectFlag() : openFlags[mode];
    const handle = await mapErrors(`open ${absolute}`, fs.open(absolute, flags, 0o600));
    return new NodeFile(handle, absolute, { direct });
  }

  /** One by one, so that a root that vanished is not made again behind the back of who watches it. */
  async #makeDirectories(path: string): Promise<void> {
    if (path === '') await fs.mkdir(this.root, { recursive: true, mode: 0o700 });
    let directory = this.root;
    for (const name of namesOf(path)) {
      directory = `${directory}/${name}`;
      await makeOneDirectory(directory);
    }
  }
}

function knownDirectFlag(): number {
  if (directFlag === undefined) throw new CopysetError('unsupported', 'this system opens no file for direct I/O');
  return directFlag;
}

async function makeOneDirectory(absolute: string): Promise<void> {
  try {
    await fs.mkdir(absolute, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !(await fs.stat(absolute)).isDirectory()) throw error;
  }
}

async function statEntry(absolute: string): Promise<DiskEntry | undefined> {
  try {
    const stats = await mapErrors(`stat ${absolute}`, fs.stat(absolute, { bigint: true }));
    const kind = stats.isDirectory() ? 'directory' : 'file';
    return { kind, bytes: kind === 'file' ? Number(stats.size) : 0, identity: `${stats.dev}:${stats.ino}` };
  } catch (error) {
    if (isCopysetError(error, 'disk.not_found')) return undefined;
    throw error;
  }
}

/** Unlinking a directory fails with EISDIR on Linux, with EPERM on macOS. */
async function removeEntry(absolute: string): Promise<void> {
  try {
    await fs.unlink(absolute);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EISDIR' || errno === 'EPERM') await fs.rmdir(absolute);
    else if (errno !== 'ENOENT') throw error;
  }
}

async function syncDirectory(absolute: string): Promise<void> {
  const handle = await fs.open(absolute, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function freeSpace(absolute: string): Promise<DiskSpace> {
  const { bsize, blocks, bavail } = await fs.statfs(absolute);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
