/**
 * Why: what a journal does not need any more goes, and nothing else: a record that no snapshot covers is never
 * removed.
 */
import type { CallOptions } from '../../../base/async/abort.ts';
import type { Disk } from '../../../disk/disk.ts';
import { isTemporary, logName, logNumbers, reserveName, snapshotName, snapshotSequences } from './names.ts';
import { writeWhole } from './write-whole.ts';

/** One log file of a journal that is open: where it begins. */
export type LogFileStart = { readonly fileNumber: number; readonly after: number };

/**
 * Removes the log files and snapshots that the snapshot at `upTo` makes superfluous; returns those log files. A file
 * that begins there or before supersedes whatever those before it hold beyond.
 */
export async function removeCovered(disk: Disk, files: readonly LogFileStart[], upTo: number): Promise<LogFileStart[]> {
  const kept = files.findLastIndex(({ after }) => after <= upTo);
  const covered = files.slice(0, Math.max(kept, 0));
  for (const { fileNumber } of covered) await disk.remove(logName(fileNumber));
  const snapshots = snapshotSequences(await disk.list(''));
  for (const sequence of snapshots) if (sequence < upTo) await disk.remove(snapshotName(sequence));
  return covered;
}

/**
 * Removes every log file and snapshot that is not named, and what was never finished. Snapshots go when the logs are
 * gone for good: a log without its snapshot would be taken for damage.
 */
export async function removeOthers(disk: Disk, keep: readonly string[]): Promise<void> {
  const names = await disk.list('');
  const logs = logNumbers(names).map(logName);
  const snapshots = snapshotSequences(names).map(snapshotName);
  for (const name of logs) if (!keep.includes(name)) await disk.remove(name);
  if (logs.some((name) => !keep.includes(name))) await disk.syncDirectory('');
  for (const name of snapshots) if (!keep.includes(name)) await disk.remove(name);
  await removeUnfinished(disk, names);
}

export async function removeUnfinished(disk: Disk, names: readonly string[]): Promise<void> {
  for (const name of names.filter(isTemporary)) await disk.remove(name);
}

/** Room that is given back when the disk is full, so that deletes can still be committed. */
export async function makeReserve(disk: Disk, bytes: number): Promise<void> {
  const zeros = new Uint8Array(Math.min(bytes, 1024 * 1024));
  const file = await writeWhole(disk, reserveName, async (appender) => {
    while (appender.bytes < bytes) await appender.append([zeros.subarray(0, bytes - appender.bytes)]);
  });
  await file.close();
}

export async function dropReserve(disk: Disk): Promise<void> {
  await disk.remove(reserveName);
  await disk.syncDirectory('');
}

/** Whether there is room for a reserve, and as much again beside it. */
export async function hasRoomFor(disk: Disk, bytes: number, options: CallOptions = {}): Promise<boolean> {
  return (await disk.space(options)).freeBytes >= 2 * bytes;
}
