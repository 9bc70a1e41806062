/** Why: everything that a start, a check or a copy wants to know of one journal is read in one pass over its files. */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import { HistoryWalk } from '../core/history-walk.ts';
import type { JournalReport } from '../core/recovery.ts';
import type { LogHeader } from '../format/log-header.ts';
import { contentOf } from '../format/record.ts';
import type { SnapshotHeader } from '../format/snapshot-chunk.ts';
import { type ReadablePlace, refuseForeign } from './journal-place.ts';
import { type Frame, type LogScan, openLogScan } from './log-scan.ts';
import { logName, logNumbers, snapshotName, snapshotSequences } from './names.ts';
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
  readonly problems: readonly JournalProblem[];
};

export type ReadingOptions = CallOptions & {
  /** Of a journal that is being written: what lies behind this record may be there in part, and is no problem. */
  readonly upTo?: number | undefined;
};

type Reading = {
  readonly place: ReadablePlace;
  readonly storeId: StoreId;
  readonly names: readonly string[];
  readonly problems: JournalProblem[];
};

/**
 * Rejects with the disk's error when it cannot be read, `volume.foreign` when it belongs to another store or volume.
 */
export async function readJournal(
  place: ReadablePlace,
  storeId: StoreId,
  options: ReadingOptions = {},
): Promise<JournalView> {
  const reading: Reading = { place, storeId, names: await place.disk.list('', options), problems: [] };
  const base = await newestSnapshot(reading, options);
  const walk = new HistoryWalk(base);
  const files = await walkFiles(reading, { ...options, walk });
  const logBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const snapshotBytes = await snapshotBytesOf(reading, options);
  return {
    report: reportOf(place.id, walk, { base, isEmpty: logBytes + snapshotBytes === 0 }),
    base,
    synced: walk.synced,
    files,
    logBytes,
    bytes: logBytes + snapshotBytes,
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
  return { ...seen, state: 'intact', base: base.point, tail: walk.tail, chain: walk.chain, runs: walk.runs };
}

async function snapshotBytesOf({ place, names }: Reading, options: CallOptions): Promise<number> {
  let bytes = 0;
  for (const sequence of snapshotSequences(names)) {
    bytes += (await place.disk.stat(snapshotName(sequence), options))?.bytes ?? 0;
  }
  return bytes;
}

async function newestSnapshot(
  { place, storeId, names, problems }: Reading,
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

/** Opens all log files, to know from their headers what supersedes what, and walks through them in order. */
async function walkFiles(
  { place, storeId, names, problems }: Reading,
  { upTo = Number.POSITIVE_INFINITY, walk, ...options }: ReadingOptions & { readonly walk: HistoryWalk },
): Promise<LogFileView[]> {
  await using open = new AsyncDisposableStack();
  const scans: { file: LogFileView; scan: LogScan }[] = [];
  let until = Number.POSITIVE_INFINITY;
  for (const fileNumber of logNumbers(names).toReversed()) {
    const name = logName(fileNumber);
    const scan = open.use(await openLogScan(place.disk, { name, storeId }, options));
    const { header } = scan;
    if (header === undefined) problems.push({ file: name, problem: 'the header is damaged' });
    else refuseForeign(place, storeId, header);
    scans.unshift({ file: { name, fileNumber, bytes: scan.fileBytes, header, until }, scan });
    until = Math.min(until, header?.previous.sequence ?? until);
  }
  for (const { file, scan } of scans) await walkFile(file, scan, { walk, problems, upTo });
  return scans.map(({ file }) => file);
}

async function walkFile(
  { name, header, until }: LogFileView,
  { frames }: LogScan,
  { walk, problems, upTo }: { readonly walk: HistoryWalk; readonly problems: JournalProblem[]; readonly upTo: number },
): Promise<void> {
  if (header !== undefined && header.previous.sequence > until) return;
  if (header !== undefined) walk.file(header.previous, header.set);
  let last = header?.previous.sequence ?? 0;
  for await (const frame of frames) {
    const isMissed = frame.afterGap && last < Math.min(until, upTo); // else nobody counts on what lay there
    if (isMissed) problems.push({ file: name, problem: `unreadable bytes before ${frame.position}` });
    last = frame.record.point.sequence;
    if (last <= until) walk.record(seenIn(frame));
  }
}

function seenIn({ record, synced }: Frame) {
  const { point, previousHash, previousRevision, committed } = record;
  const content = record.kind === 'set' ? contentOf(record) : undefined;
  return {
    point,
    previousHash,
    previousRevision,
    committed,
    synced,
    set: content?.kind === 'set' ? content.set : undefined,
  };
}
