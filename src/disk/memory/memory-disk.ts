/**
 * Why: the shipping code runs over a disk that loses power at any moment, exactly as the contract allows and no kinder.
 * A MemoryDisk is what one boot sees; `powerCut` and `crash` end it, so that what still runs in the dead process can do
 * nothing more, and give the disk that the next boot finds.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { abandonable, abandonableOpen } from '../abandon.ts';
import type { Disk, DiskEntry, DiskFile, DiskLock, DiskSpace, OpenMode, OpenOptions } from '../disk.ts';
import { checkPath, compareNames, namesOf } from '../path.ts';
import type { FileInode, PowerCutOptions } from './file-inode.ts';
import { type FileHost, MemoryFile } from './memory-file.ts';
import { type Inode, NameTree, type Place } from './name-tree.ts';

export type MemoryDiskOptions = {
  readonly root?: string;
  readonly capacityBytes?: number;
  /** Whether files can be opened with `direct`. */
  readonly direct?: boolean;
};

const defaultCapacityBytes = 2 ** 40;

export class MemoryDisk implements Disk {
  readonly root: string;
  readonly #tree: NameTree;
  readonly #locks = new Map<Inode, DiskLock>();
  readonly #host: FileHost;
  readonly #direct: boolean;
  #capacityBytes: number;
  #usedBytes = 0;
  #ended = false;

  /** `tree`: what an earlier boot left. */
  constructor(options: MemoryDiskOptions = {}, tree: NameTree = new NameTree()) {
    this.root = options.root ?? '/memory';
    this.#direct = options.direct ?? false;
    this.#capacityBytes = options.capacityBytes ?? defaultCapacityBytes;
    this.#tree = tree;
    this.#host = {
      run: (start, callOptions) => abandonable(() => this.#run(start), callOptions),
      freeBytes: () => this.#freeBytes(),
      grew: (bytes) => {
        this.#usedBytes += bytes;
      },
      release: (inode) => this.#release(inode),
    };
    this.#countUsers();
  }

  /** Power is lost: of what was not synced, `random` keeps, drops or tears each write and keeps or drops each name. */
  powerCut(random: Random, options: PowerCutOptions = {}): MemoryDisk {
    this.#tree.cutPower(random);
    for (const file of new Set(this.#tree.files())) file.cutPower(random, options);
    return this.#nextBoot();
  }

  /** The process is killed: what was written stays, durable or not; open files and locks are gone. */
  crash(): MemoryDisk {
    return this.#nextBoot();
  }

  /** From now on; may be less than what is used. */
  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  /** Damages a file from `position`, its durable bytes too, as a bad medium does. */
  corrupt(path: string, position: number, bytes: Uint8Array): void {
    const inode = this.#tree.find(path);
    if (inode?.kind !== 'file') throw new CopysetError('disk.not_found', `${path}: no such file`);
    const before = inode.length;
    inode.corrupt(position, bytes);
    this.#usedBytes += inode.length - before;
  }

  open(path: string, mode: OpenMode, options: OpenOptions = {}): Promise<DiskFile> {
    const { direct = false } = options;
    return abandonableOpen(() => this.#run(() => later(path, () => this.#open(path, mode, direct))), options);
  }

  stat(path: string, options?: CallOptions): Promise<DiskEntry | undefined> {
    return this.#call(path, () => this.#entryOf(this.#tree.find(path)), options);
  }

  list(path: string, options?: CallOptions): Promise<string[]> {
    return this.#call(path, () => [...this.#tree.directory(path).names.keys()].sort(compareNames), options);
  }

  makeDirectory(path: string, options?: CallOptions): Promise<void> {
    return this.#call(path, () => this.#makeDirectory(path), options);
  }

  rename(from: string, to: string, options?: CallOptions): Promise<void> {
    return this.#call(from, () => this.#rename(from, to), options);
  }

  remove(path: string, options?: CallOptions): Promise<void> {
    return this.#call(path, () => this.#remove(path), options);
  }

  syncDirectory(path: string, options?: CallOptions): Promise<void> {
    return this.#host.run(() => {
      checkPath(path);
      return this.#tree.startSync(this.#tree.directory(path));
    }, options);
  }

  space(options?: CallOptions): Promise<DiskSpace> {
    return this.#call('', () => ({ totalBytes: this.#capacityBytes, freeBytes: this.#freeBytes() }), options);
  }

  lock(path: string): Promise<DiskLock> {
    return this.#call(path, () => this.#lock(path));
  }

  /** Checks now, works a moment later: whoever does not await sees that calls overlap. */
  #call<T>(path: string, work: () => T, options?: CallOptions): Promise<T> {
    return this.#host.run(() => later(path, work), options);
  }

  async #run<T>(start: () => () => T): Promise<T> {
    this.#assertAlive();
    const finish = start();
    await Promise.resolve();
    this.#assertAlive();
    return finish();
  }

  #assertAlive(): void {
    if (this.#ended) throw new CopysetError('closed', `${this.root}: this boot of the disk ended`);
  }

  #nextBoot(): MemoryDisk {
    this.#ended = true;
    const { root } = this;
    return new MemoryDisk({ root, capacityBytes: this.#capacityBytes, direct: this.#direct }, this.#tree);
  }

  #countUsers(): void {
    const files = this.#tree.files();
    for (const file of files) file.users = 0;
    for (const file of files) file.users++;
    for (const file of new Set(files)) this.#usedBytes += file.length;
  }

  #freeBytes(): number {
    return Math.max(this.#capacityBytes - this.#usedBytes, 0);
  }

  /** One name or open file less; with the last one the space is free. */
  #release(inode: FileInode): void {
    inode.users--;
    if (inode.users === 0) this.#usedBytes -= inode.length;
  }

  #open(path: string, mode: OpenMode, direct: boolean): DiskFile {
    if (direct && !this.#direct) throw new CopysetError('unsupported', `${this.root} opens no file for direct I/O`);
    const inode = this.#fileFor(path, mode);
    inode.users++;
    return new MemoryFile(this.#host, inode, { path, writable: mode !== 'read', direct });
  }

  #fileFor(path: string, mode: OpenMode): FileInode {
    const place = this.#tree.place(path);
    const { inode } = place;
    if (inode !== undefined && mode === 'create-new') throw new CopysetError('disk.exists', `${path} exists`);
    if (inode?.kind === 'directory') throw new CopysetError('disk.io', `${path} is a directory`);
    if (inode === undefined && (mode === 'read' || mode === 'write')) throw missing(path);
    return inode ?? this.#makeFile(place);
  }

  #makeFile({ directory, name }: Place): FileInode {
    const inode = this.#tree.newFile();
    inode.users++;
    this.#tree.change({ directory, name, inode });
    return inode;
  }

  #entryOf(inode: Inode | undefined): DiskEntry | undefined {
    if (inode === undefined) return undefined;
    const bytes = inode.kind === 'file' ? inode.length : 0;
    return { kind: inode.kind, bytes, identity: `${this.root}:${inode.number}` };
  }

  #makeDirectory(path: string): void {
    let directory = this.#tree.root;
    for (const name of namesOf(path)) {
      const inode = directory.names.get(name) ?? this.#tree.newDirectory();
      if (inode.kind === 'file') throw new CopysetError('disk.exists', `${path}: ${name} is a file`);
      if (!directory.names.has(name)) this.#tree.change({ directory, name, inode });
      directory = inode;
    }
  }

  #rename(from: string, to: string): void {
    checkPath(to);
    const source = this.#tree.place(from);
    const target = this.#tree.place(to);
    if (source.inode === undefined) throw missing(from);
    if (source.inode === target.inode) return;
    if (`${to}/`.startsWith(`${from}/`) || !canReplace(target.inode, source.inode)) {
      throw new CopysetError('disk.io', `${from} cannot become ${to}`);
    }
    this.#tree.change({ ...target, inode: source.inode }, { ...source, inode: undefined });
    if (target.inode?.kind === 'file') this.#release(target.inode);
  }

  #remove(path: string): void {
    const inode = this.#tree.find(path);
    if (inode === undefined) return;
    if (!isReplaceable(inode)) throw new CopysetError('disk.io', `${path} is not empty`);
    this.#tree.change({ ...this.#tree.place(path), inode: undefined });
    if (inode.kind === 'file') this.#release(inode);
  }

  #lock(path: string): DiskLock {
    const inode = this.#fileFor(path, 'create');
    if (this.#locks.has(inode)) throw new CopysetError('volume.locked', `${path} is locked`);
    const lock = {
      release: async () => {
        if (this.#locks.get(inode) === lock) this.#locks.delete(inode);
      },
    };
    this.#locks.set(inode, lock);
    return lock;
  }
}

function later<T>(path: string, work: () => T): () => T {
  checkPath(path);
  return work;
}

function missing(path: string): CopysetError {
  return new CopysetError('disk.not_found', `${path}: nothing is there`);
}

function isReplaceable(inode: Inode): boolean {
  return inode.kind === 'file' || inode.names.size === 0;
}

/** A file replaces a file, a directory an empty directory. */
function canReplace(target: Inode | undefined, source: Inode): boolean {
  return target === undefined || (target.kind === source.kind && isReplaceable(target));
}
