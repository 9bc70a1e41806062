/**
 * Why: reads find their segment open, yet a volume of thousands of segments holds few descriptors: those used last stay
 * open. One that is dropped, because others were used since or because the segment was removed, closes after its last
 * reader.
 */
import { type CallOptions, raceAbort } from '../../base/async/abort.ts';
import type { Disk, DiskFile } from '../../disk/disk.ts';
import type { Loan } from '../volume.ts';
import { segmentPath } from './paths.ts';

type Entry = {
  readonly segment: number;
  readonly file: Promise<DiskFile>;
  readonly closed: PromiseWithResolvers<void>;
  opened: DiskFile | undefined;
  users: number;
};

export class OpenSegments {
  readonly #disk: Disk;
  readonly #maxOpen: number;
  /** The one used last is at the end. */
  readonly #entries = new Map<number, Entry>();
  /** Dropped, with readers. */
  readonly #leaving = new Set<Entry>();

  constructor(disk: Disk, maxOpen: number) {
    this.#disk = disk;
    this.#maxOpen = maxOpen;
  }

  /** Runs `work` with the open segment, which stays open for that long; `disk.not_found` when there is none. */
  async use<T>(segment: number, work: (file: DiskFile) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const entry = this.#entry(segment);
    entry.users++;
    try {
      return await work(await raceAbort(entry.file, options.signal));
    } finally {
      entry.users--;
      this.#closeUnused(entry);
    }
  }

  /**
   * Bytes of a segment that is open and has them in memory; it stays open until the loan is released, which comes once.
   */
  lend(segment: number, position: number, bytes: number): Loan | undefined {
    const entry = this.#entries.get(segment);
    const span = entry?.opened?.lend?.(position, bytes);
    if (entry === undefined || span === undefined) return undefined;
    entry.users++;
    const release = () => {
      entry.users--;
      this.#closeUnused(entry);
    };
    return { span, release };
  }

  /** As `readNow` of its file; false when it is not open. */
  readNow(segment: number, into: Uint8Array, position: number): boolean {
    return this.#entries.get(segment)?.opened?.readNow?.(into, position) ?? false;
  }

  /** As `change` of its file; undefined when it is not open. */
  changeOf(segment: number): string | undefined {
    return this.#entries.get(segment)?.opened?.change?.();
  }

  /** The segment was removed, or others are used more. */
  drop(segment: number): void {
    const entry = this.#entries.get(segment);
    if (entry === undefined) return;
    this.#entries.delete(segment);
    this.#leaving.add(entry);
    this.#closeUnused(entry);
  }

  /** Of a segment that was dropped and has no name any more: resolves when its last reader is done. */
  async unread(segment: number): Promise<void> {
    const readers = [...this.#leaving].filter((entry) => entry.segment === segment);
    await Promise.all(readers.map(({ closed }) => closed.promise));
  }

  /** Drops all; resolves when the last reader is done. */
  async close(): Promise<void> {
    for (const segment of [...this.#entries.keys()]) this.drop(segment);
    await Promise.all([...this.#leaving].map(({ closed }) => closed.promise));
  }

  #entry(segment: number): Entry {
    const entry = this.#entries.get(segment) ?? this.#open(segment);
    this.#entries.delete(segment);
    this.#entries.set(segment, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxOpen) break;
      this.drop(oldest);
    }
    return entry;
  }

  #open(segment: number): Entry {
    const file = this.#disk.open(segmentPath(segment), 'read');
    const entry: Entry = { segment, file, closed: Promise.withResolvers<void>(), opened: undefined, users: 0 };
    file.then(
      (opened) => {
        entry.opened = opened;
      },
      () => this.#dropFailed(segment, entry),
    );
    return entry;
  }

  /** The next reader tries again. */
  #dropFailed(segment: number, entry: Entry): void {
    if (this.#entries.get(segment) === entry) this.drop(segment);
  }

  #closeUnused(entry: Entry): void {
    if (entry.users > 0 || !this.#leaving.has(entry)) return;
    const closing = closeOpened(entry.file).then(() => this.#leaving.delete(entry));
    entry.closed.resolve(closing.then(() => undefined));
  }
}

/** A file that did not open, or does not close, was only read from: nothing is lost with it. */
async function closeOpened(opening: Promise<DiskFile>): Promise<void> {
  const [opened] = await Promise.allSettled([opening]);
  if (opened.status === 'fulfilled') await Promise.allSettled([opened.value.close()]);
}
