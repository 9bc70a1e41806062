/**
 * Why: names become durable apart from bytes. Each directory has the names that running programs see and those that a
 * power cut leaves for sure. A power cut keeps or drops each name operation between the two: a rename whole, and none
 * of several on one name without those before it.
 */
import { CopysetError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { namesOf, splitPath } from '../path.ts';
import { FileInode } from './file-inode.ts';

export class DirectoryInode {
  readonly kind = 'directory';
  readonly number: number;
  readonly names = new Map<string, Inode>();
  readonly durableNames = new Map<string, Inode>();

  constructor(number: number) {
    this.number = number;
  }
}

export type Inode = FileInode | DirectoryInode;

/** A place in the tree: there may be something under the name, or not. */
export type Place = { readonly directory: DirectoryInode; readonly name: string; readonly inode: Inode | undefined };

/** The name leads to the inode from now on, or nowhere. */
type NameChange = { readonly directory: DirectoryInode; readonly name: string; readonly inode: Inode | undefined };

/** What happens in one step. */
type NameOperation = readonly NameChange[];

export class NameTree {
  readonly root = new DirectoryInode(1);
  #lastNumber = 1;
  #unsynced: NameOperation[] = [];

  find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.root;
    for (const name of namesOf(path)) inode = inode?.kind === 'directory' ? inode.names.get(name) : undefined;
    return inode;
  }

  directory(path: string): DirectoryInode {
    const inode = this.find(path);
    if (inode?.kind !== 'directory') throw new CopysetError('disk.not_found', `${path}: no such directory`);
    return inode;
  }

  /** Where `path` is or would be; its directory must exist. */
  place(path: string): Place {
    const { directory: parent, name } = splitPath(path);
    if (name === '') throw new CopysetError('disk.io', 'the root of the disk has no name');
    const directory = this.directory(parent);
    return { directory, name, inode: directory.names.get(name) };
  }

  newFile(): FileInode {
    return new FileInode(++this.#lastNumber);
  }

  newDirectory(): DirectoryInode {
    return new DirectoryInode(++this.#lastNumber);
  }

  change(...operation: NameOperation): void {
    for (const change of operation) setName(change.directory.names, change);
    this.#unsynced.push(operation);
  }

  /** What a sync of the directory that starts now makes durable when it ends: the names in it, not those elsewhere. */
  startSync(directory: DirectoryInode): () => void {
    const covered = new Set(this.#unsynced);
    return () => {
      this.#unsynced = this.#unsynced
        .map((operation) => (covered.has(operation) ? settleIn(directory, operation) : operation))
        .filter((operation) => operation.length > 0);
    };
  }

  cutPower(random: Random): void {
    const lost = new Set<string>();
    for (const operation of this.#unsynced) {
      const keys = operation.map(({ directory, name }) => `${directory.number}/${name}`);
      const kept = random.integer(2) === 0 && !keys.some((key) => lost.has(key));
      if (kept) for (const change of operation) setName(change.directory.durableNames, change);
      else for (const key of keys) lost.add(key);
    }
    this.#unsynced = [];
    restoreNames(this.root);
  }

  /** Every file that a name leads to, as often as one does. */
  files(): FileInode[] {
    return [...filesBelow(this.root)];
  }
}

function setName(names: Map<string, Inode>, { name, inode }: NameChange): void {
  if (inode === undefined) names.delete(name);
  else names.set(name, inode);
}

function settleIn(directory: DirectoryInode, operation: NameOperation): NameOperation {
  for (const change of operation) if (change.directory === directory) setName(directory.durableNames, change);
  return operation.filter((change) => change.directory !== directory);
}

function restoreNames(directory: DirectoryInode): void {
  directory.names.clear();
  for (const [name, inode] of directory.durableNames) {
    directory.names.set(name, inode);
    if (inode.kind === 'directory') restoreNames(inode);
  }
}

function* filesBelow(directory: DirectoryInode): Generator<FileInode> {
  for (const inode of directory.names.values()) {
    if (inode.kind === 'file') yield inode;
    else yield* filesBelow(inode);
  }
}
