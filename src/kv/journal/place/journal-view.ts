/** Why: everything that a start, a check or a copy wants to know of one journal is read in one pass over its files. */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import type { Disk } from '../../../disk/disk.ts';
import { HistoryWalk } from '../core/history-walk.ts';
import type { JournalReport } from '../core/recovery.ts';
import type { LogHeader } from '../format/log-header.ts';
import { contentOf } from '../format/record.ts';
import type { SnapshotHeader } from '../format/snapshot-chunk.ts';
import { type JournalPlace, refuseForeign } from './journal-place.ts';
import { type Frame, openLogScan } from './log-scan.ts';
import { logName, logNumbers, reserveName, snapshotName, snapshotSequences } from './names.ts';
import { readSnapshotHeader } from './snapshot-file.ts';

export type LogFileView = {
  readonly name: string;
  readonly fileNumber: number;
  readonly bytes: number;
  /** Undefined: unreadable. */
  readonly header: LogHeader | undefined;
  /** Records above it are superseded by a later file. */
  readonly until: number;
};

/** What is wrong with a file, for people. */
export type JournalProblem = { readonly file: string; readonly problem: string };

export type JournalView = {
  readonly report: JournalReport;
  /** The newest snapshot that begins and ends well. */
  readonly base: SnapshotHeader | undefined;
  /** Durable here for sure up to this sequence. */
  readonly synced: number;
  readonly files: readonly LogFileView[];
  /** Of logs and snapshots. */
  readonly bytes: number;
  readonly logBytes: number;
  readonly hasReserve: boolean;
  readonly problems: readonly JournalProblem[];
};

type Reading = { readonly place: JournalPlace; readonly storeId: StoreId; readonly problems: JournalProblem[] };

/** Rejects with the disk's error when it cannot be read, `volume.foreign` when it belongs to another store or volume. */
export async function readJournal(
  place: JournalPlace,
  storeId: StoreId,
  options: CallOptions = {},
): Promise<JournalView> {
  const reading: Reading = { place, storeId, problems: [] };
  const names = await place.disk.list('', options);
  const sizes = await sizesOf(place.disk, names, options);
  const base = await newestSnapshot(reading, names, options);
  const files = await logFiles(reading, names, options);
  const walk = new HistoryWalk(base);
  for (const file of files) await walkFile(reading, file, { ...options, walk });
  const logBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const snapshotBytes = snapshotSequences(names).reduce((sum, at) => sum + (sizes.get(snapshotName(at)) ?? 0), 0);
  return {
    report: reportOf(place.id, walk, { base, isEmpty: logBytes + snapshotBytes === 0 }),
    base,
    synced: walk.synced,
    files,
    logBytes,
    bytes: logBytes + snapshotBytes,
    hasReserve: (sizes.get(reserveName) ?? 0) > 0,
    problems: reading.problems,
  };
}

function reportOf(
  id: VolumeId,
  walk: HistoryWalk,
  { base, isEmpty }: { base: SnapshotHeader | undefined; isEmpty: boolean },
): JournalReport {
  if (isEmpty) return { id, state: 'empty' };
  const seen = { id, sets: walk.sets, committed: walk.committed, incarnation: base?.status.incarnation };
  if (base === undefined || walk.damaged || walk.tail === undefined) {
    return { ...seen, state: 'damaged', reached: walk.reached };
  }
  return { ...seen, state: 'intact', base: base.point, tail: walk.tail, runs: walk.runs };
}

async function sizesOf(disk: Disk, names: readonly string[], options: CallOptions): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of names) sizes.set(name, (await disk.stat(name, options))?.bytes ?? 0);
  return sizes;
}

async function newestSnapshot(
  { place, storeId, problems }: Reading,
  names: readonly string[],
  options: CallOptions,
): Promise<SnapshotHeader | undefined> {
  for (const sequence of snapshotSequences(names).toReversed()) {
    const name = snapshotName(sequence);
    const header = await readSnapshotHeader(place.disk, name, options);
    if (header === undefined) problems.push({ file: name, problem: 'the snapshot is damaged' });
    else {
      refuseForeign(place, storeId, header);
      return header;
    }
  }
  return undefined;
}

async function logFiles(
  { place, storeId, problems }: Reading,
  names: readonly string[],
  options: CallOptions,
): Promise<LogFileView[]> {
  const files: LogFileView[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (const fileNumber of logNumbers(names).toReversed()) {
    const name = logName(fileNumber);
    const bytes = (await place.disk.stat(name, options))?.bytes ?? 0;
    await using scan = await openLogScan(place.disk, { name, storeId }, options);
    const { header } = scan;
    if (header === undefined) problems.push({ file: name, problem: 'the header is damaged' });
    else refuseForeign(place, storeId, header);
    files.unshift({ name, fileNumber, bytes, header, until });
    if (header !== undefined) until = Math.min(until, header.previous.sequence);
  }
  return files;
}

async function walkFile(
  { place, storeId, problems }: Reading,
  { name, header, until }: LogFileView,
  options: CallOptions & { readonly walk: HistoryWalk },
): Promise<void> {
  const { walk } = options;
  if (header !== undefined && header.previous.sequence > until) return;
  if (header !== undefined) walk.file(header.previous, header.set);
  await using scan = await openLogScan(place.disk, { name, storeId }, options);
  for await (const frame of scan.frames) {
    if (frame.afterGap) problems.push({ file: name, problem: `unreadable bytes before ${frame.position}` });
    if (frame.record.point.sequence <= until) walk.record(seenIn(frame));
  }
}

function seenIn({ record, synced }: Frame) {
  const { point, previousHash, committed } = record;
  const content = record.kind === 'set' ? contentOf(record) : undefined;
  return { point, previousHash, committed, synced, set: content?.kind === 'set' ? content.set : undefined };
}
