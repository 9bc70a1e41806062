import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import { readWholeBlock } from '../read-block.ts';
import { type SealedBlock, sealBlock } from '../stored-form.ts';
import { createFileVolume } from './create-file-volume.ts';
import type { FileVolume } from './file-volume.ts';
import { openFileVolume } from './open-file-volume.ts';
import { storeId } from './trial.conformance.ts';

const million = 1_000_000;
const count = shareOf(million, 20_000);
/** A share of the blocks has segments of the same share, so that it takes as many. */
const limits = { segmentBytes: Math.floor((256 * 1024 * 1024 * count) / million), bytesPerSecond: 2 ** 40 };

/** Puts all blocks, says so, and waits to be killed. */
const writer = `
  const { openNodeDisk } = await import(${JSON.stringify(new URL('../../disk/node/node-disk.ts', import.meta.url))});
  const { openFileVolume } = await import(${JSON.stringify(new URL('open-file-volume.ts', import.meta.url))});
  const { systemClock } = await import(${JSON.stringify(new URL('../../base/clock.ts', import.meta.url))});
  const { sealBlock } = await import(${JSON.stringify(new URL('../stored-form.ts', import.meta.url))});
  const [root, count, storeId, limits] = process.argv.slice(1);
  const volume = await openFileVolume({
    disk: openNodeDisk(root), storeId, clock: systemClock, limits: JSON.parse(limits),
  });
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 256 }, async () => {
    while (next < Number(count)) {
      const payload = Buffer.alloc(4096);
      payload.writeUInt32LE(next++);
      await volume.put(sealBlock([payload], 3, 'blake3'));
    }
  }));
  const seconds = (performance.now() - startedMs) / 1000;
  console.log((count / seconds).toFixed(0) + ' puts/s, RSS ' + (process.memoryUsage.rss() / 1e6).toFixed(0) + ' MB');
  setInterval(() => undefined, 1000);
`;

function blockOf(number: number): SealedBlock {
  const payload = Buffer.alloc(4096);
  payload.writeUInt32LE(number);
  return sealBlock([payload], 3, 'blake3');
}

let root: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'copyset-million-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(root, { recursive: true });
});

function print(line: string): void {
  process.stdout.write(`${line}, RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB\n`);
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedMs = systemClock.monotonicMs();
  const result = await work();
  print(`${what}: ${((systemClock.monotonicMs() - startedMs) / 1000).toFixed(2)} s`);
  return result;
}

function openVolume(): Promise<FileVolume> {
  return openFileVolume({ disk: openNodeDisk(root), storeId, clock: systemClock, limits });
}

/** By 512 at a time. */
async function deleteAllBut(volume: FileVolume, kept: (number: number) => boolean): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      if (!kept(number)) expect(await volume.delete(blockOf(number).address)).toBe(true);
    }
  };
  await Promise.all(Array.from({ length: 512 }, worker));
}

async function filesBelow(directory: string): Promise<{ files: number; bytes: number }> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return { files: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

test('a million blocks of 4 KiB: few files, a short start after a kill, and space that comes back', async () => {
  await createFileVolume({ disk: openNodeDisk(root), storeId, clock: systemClock, random: systemRandom });
  const args = ['--input-type=module', '-e', writer, root, String(count), storeId, JSON.stringify(limits)];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  print(`${count} blocks: ${String(line).trim()}; here`);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const { files } = await filesBelow(join(root, 'segments'));
  expect(files).toBeLessThan(2000);
  const volume = await timed(`start after kill -9, ${files} files`, openVolume);
  expect(await volume.usage()).toMatchObject({ blocks: count });

  const isKept = (number: number) => number % 10 === 7;
  await timed('delete 90 %', () => deleteAllBut(volume, isKept));
  await timed('compact', () => volume.compact());
  const { liveBytes, usedBytes, blocks } = await volume.usage();
  const left = await filesBelow(join(root, 'segments'));
  print(`${blocks} blocks, ${liveBytes} live bytes, ${left.bytes} used: ${(left.bytes / liveBytes).toFixed(2)}`);
  expect(left.bytes).toBe(usedBytes);
  expect(left.bytes).toBeLessThanOrEqual(2 * liveBytes);
  await volume.close();

  const again = await timed('start', openVolume);
  for (let number = 7; number < count; number += Math.floor(count / 200) * 10) {
    await readWholeBlock(again, blockOf(number).address);
  }
  expect(await again.usage()).toMatchObject({ blocks: count / 10 });
  await again.close();
});
