import { expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { MemoryDisk } from '../../../disk/memory/memory-disk.ts';
import { removeCovered, removeOthers } from './housekeeping.ts';
import { logName, snapshotName } from './names.ts';
import { writeWhole } from './write-whole.ts';

async function diskWith(names: readonly string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const name of names) await (await writeWhole(disk, name, (appender) => appender.append([]))).close();
  return disk;
}

test('a power cut while a journal is cleared leaves no log without its snapshot', async () => {
  let halves = 0;
  for (let seed = 0; seed < 100; seed++) {
    const disk = await diskWith([snapshotName(0), logName(1), logName(2)]);
    await removeOthers(disk, []);
    const left = await disk.powerCut(seededRandom(seed)).list('');
    expect(left.filter((name) => name.startsWith('log-'))).toEqual([]);
    if (left.length > 0) halves++;
  }
  expect(halves).toBeGreaterThan(10);
});

test('what a snapshot covers goes, also before a file of which nobody knows where it begins', async () => {
  const disk = await diskWith([snapshotName(0), snapshotName(9), ...[1, 2, 3, 4].map(logName)]);
  const starts = [0, Number.POSITIVE_INFINITY, 9, 12].map((after, at) => ({ fileNumber: at + 1, after }));
  expect(await removeCovered(disk, starts, 9)).toEqual(starts.slice(0, 2));
  expect(await disk.list('')).toEqual([logName(3), logName(4), snapshotName(9)]);
  expect(await removeCovered(disk, starts, -1)).toEqual([]);
});
