/**
 * Why: what would be there after a power cut, by the rules of POSIX and nothing more: bytes of a file once it was
 * synced after they were written, a name once its directory was synced after it was made. A file has the marks that
 * were found in what was written to it; a mark is durable when its bytes and every name on the way to it are.
 */
import { dirname } from 'node:path';

type TracedFile = { readonly written: Set<string>; readonly synced: Set<string> };

/** What a sync will have made durable when it returns. */
export type PendingSync = { readonly marks: readonly string[]; readonly names: readonly string[] };

export class TracedDisk {
  readonly #files = new Map<string, TracedFile>();
  /** Of all that were made: whether their directory was synced since. */
  readonly #names = new Map<string, 'synced' | 'unsynced'>();

  /** A directory was made, or a file opened that is made where it is missing. */
  made(path: string): void {
    if (!this.#names.has(path)) this.#names.set(path, 'unsynced');
  }

  renamed(from: string, to: string): void {
    const file = this.#files.get(from);
    this.removed(from);
    this.removed(to);
    if (file !== undefined) this.#files.set(to, file);
    this.made(to);
  }

  removed(path: string): void {
    this.#files.delete(path);
    this.#names.delete(path);
  }

  wrote(path: string, marks: readonly string[]): void {
    const { written } = this.#file(path);
    for (const mark of marks) written.add(mark);
  }

  /** A sync covers what was written and made before it began. */
  syncBegins(path: string): PendingSync {
    const marks = [...(this.#files.get(path)?.written ?? [])];
    const names = [...this.#names].flatMap(([name, state]) => (state === 'unsynced' ? [name] : []));
    return { marks, names: names.filter((name) => dirname(name) === path) };
  }

  syncEnds(path: string, { marks, names }: PendingSync): void {
    const file = this.#file(path);
    for (const mark of marks) if (file.written.delete(mark)) file.synced.add(mark);
    for (const name of names) if (this.#names.has(name)) this.#names.set(name, 'synced');
  }

  /** Paths of the files in which the mark is durable, their names too. */
  durableIn(mark: string): string[] {
    return [...this.#files].flatMap(([path, { synced }]) => (synced.has(mark) && this.#isNamed(path) ? [path] : []));
  }

  #isNamed(path: string): boolean {
    if (this.#names.get(path) === 'unsynced') return false;
    return dirname(path) === path || this.#isNamed(dirname(path));
  }

  #file(path: string): TracedFile {
    const known = this.#files.get(path) ?? { written: new Set(), synced: new Set() };
    this.#files.set(path, known);
    return known;
  }
}
