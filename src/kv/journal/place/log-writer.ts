/**
 * Why: the open end of one journal. A log file is never continued by a later process, and never after a failure: what
 * an earlier writer did not know to be synced is written again, into a new file. So no sync is ever repeated in the
 * hope that it works this time, and nothing is overwritten in place.
 */
import { present } from '../../../base/assert.ts';
import { CopysetError } from '../../../base/errors.ts';
import type { StoreId } from '../../../base/ids.ts';
import type { Disk, DiskEntry, DiskFile } from '../../../disk/disk.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point } from '../core/point.ts';
import { encodeLogHeader } from '../format/log-header.ts';
import { type EncodedRecord, frameRecord } from '../format/record.ts';
import type { JournalPlace } from './journal-place.ts';
import { logName } from './names.ts';
import { type FileAppender, writeWhole } from './write-whole.ts';

export type LogStart = {
  readonly place: JournalPlace;
  readonly storeId: StoreId;
  /** Higher than that of any file of this journal. */
  readonly fileNumber: number;
  /** Durable in this journal already, with all before it. */
  readonly previous: Point;
  readonly set: JournalSet;
  /** What follows. Durable when the writer is there. */
  readonly records: Iterable<EncodedRecord> | AsyncIterable<EncodedRecord>;
};

const pieceBytes = 4 * 1024 * 1024;

/** Makes a log file that holds `records`. */
export async function startLog(start: LogStart): Promise<LogWriter> {
  const { place, storeId, fileNumber, previous, set, records } = start;
  const { disk } = place;
  const name = logName(fileNumber);
  const end = { synced: previous, bytes: 0 };
  const file = await writeWhole(disk, name, async (appender) => {
    await appender.append([encodeLogHeader({ storeId, journalId: place.id, fileNumber, previous, set })]);
    end.synced = await appendRecords(appender, previous, records);
    end.bytes = appender.bytes;
  });
  const identity = (await disk.stat(name))?.identity;
  return new LogWriter({ disk, name, file, identity: present(identity, `the identity of ${name}`) }, end);
}

async function appendRecords(appender: FileAppender, previous: Point, records: LogStart['records']): Promise<Point> {
  let last = previous;
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const record of records) {
    pieces.push(...frameRecord(record, previous.sequence));
    bytes += record.body.byteLength;
    last = record.point;
    if (bytes < pieceBytes) continue;
    await appender.append(pieces);
    pieces = [];
    bytes = 0;
  }
  await appender.append(pieces);
  return last;
}

type OpenLog = {
  readonly disk: Disk;
  readonly name: string;
  readonly file: DiskFile;
  readonly identity: string;
};

export class LogWriter {
  readonly #log: OpenLog;
  #synced: Point;
  #bytes: number;

  constructor(log: OpenLog, end: { readonly synced: Point; readonly bytes: number }) {
    this.#log = log;
    this.#synced = end.synced;
    this.#bytes = end.bytes;
  }

  get synced(): Point {
    return this.#synced;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get name(): string {
    return this.#log.name;
  }

  /** Whether what its name leads to is the file that is written. */
  isAt(entry: DiskEntry | undefined): boolean {
    return entry?.identity === this.#log.identity;
  }

  /** Resolves when the records are durable. After a rejection the writer is only good to be closed. */
  async append(records: readonly EncodedRecord[]): Promise<void> {
    const { file } = this.#log;
    const pieces = records.flatMap((record) => frameRecord(record, this.#synced.sequence));
    const at = this.#bytes;
    this.#bytes += pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    await file.write(pieces, at);
    await file.sync();
    await this.#checkPlace();
    this.#synced = records.at(-1)?.point ?? this.#synced;
  }

  async close(): Promise<void> {
    await this.#log.file.close();
  }

  /** Whoever removed the directory left us a file that nobody will find again. */
  async #checkPlace(): Promise<void> {
    const { disk, name } = this.#log;
    if (this.isAt(await disk.stat(name))) return;
    throw new CopysetError('volume.gone', `${disk.root}/${name} was removed or replaced while it was open`);
  }
}
