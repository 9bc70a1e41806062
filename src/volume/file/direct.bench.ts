/**
 * Why: what do direct writes gain over buffered ones? The same puts through two volumes, of which one lies on a disk
 * that cannot write directly, by turns in the same run: `node src/volume/file/direct.bench.ts [directory]`. Prints
 * medians; CPU is of the whole process, all its threads and the kernel's work for them. Nothing is deleted meanwhile:
 * as in a store that grows, buffered bytes come to memory that the cache did not have before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutDirect } from '../../disk/faults/without-direct.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import type { SealedBlock } from '../stored-form.ts';
import { forAll, type Load, makeBlocks, median, newFileVolume, timeMs } from '../volume.bench.ts';
import type { Volume } from '../volume.ts';

const loads: readonly Load[] = [
  { blockBytes: 4096, atOnce: 64, totalBytes: 2 ** 26 },
  { blockBytes: 128 * 1024, atOnce: 8, totalBytes: 2 ** 27 },
  { blockBytes: 2 ** 20, atOnce: 8, totalBytes: 2 ** 28 },
  { blockBytes: 2 ** 23, atOnce: 8, totalBytes: 2 ** 28 },
];
const repeats = 7;

type Cost = { readonly megabytesPerSecond: number; readonly cpuSecondsPerGigabyte: number };
type Name = 'buffered' | 'direct';

async function putAll(volume: Volume, blocks: readonly SealedBlock[], { atOnce, totalBytes }: Load): Promise<Cost> {
  const before = process.cpuUsage();
  const ms = await timeMs(() => forAll(blocks, atOnce, (block) => volume.put(block)));
  const { user, system } = process.cpuUsage(before);
  return {
    megabytesPerSecond: totalBytes / 1e3 / ms,
    cpuSecondsPerGigabyte: (user + system) / 1e6 / (totalBytes / 1e9),
  };
}

/** Who goes first changes from round to round. */
async function playRound(volumes: Readonly<Record<Name, Volume>>, load: Load, round: number) {
  const blocks = makeBlocks(load, round);
  const costs = {} as Record<Name, Cost>;
  const order: readonly Name[] = round % 2 === 0 ? ['buffered', 'direct'] : ['direct', 'buffered'];
  for (const name of order) costs[name] = await putAll(volumes[name], blocks, load);
  return costs;
}

function lineOf({ blockBytes, atOnce }: Load, rounds: readonly Readonly<Record<Name, Cost>>[]): string {
  const speedUps = rounds.map(({ buffered, direct }) => direct.megabytesPerSecond / buffered.megabytesPerSecond);
  const of = (name: Name) => {
    const speed = median(rounds.map((costs) => costs[name].megabytesPerSecond)).toFixed(0);
    const cpu = median(rounds.map((costs) => costs[name].cpuSecondsPerGigabyte)).toFixed(2);
    return `${name} ${speed} MB/s, ${cpu} CPU s/GB`;
  };
  const load = `${blockBytes} bytes, ${atOnce} at once`;
  return `${load}: ${median(speedUps).toFixed(2)} times as fast directly (${of('buffered')}; ${of('direct')})\n`;
}

if (import.meta.main) {
  const directory = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'copyset-bench-'));
  const buffered = await newFileVolume(withoutDirect(openNodeDisk(join(directory, 'buffered'))));
  const direct = await newFileVolume(openNodeDisk(join(directory, 'direct')));
  for (const load of loads) {
    const rounds: Record<Name, Cost>[] = [];
    for (let round = 0; round < repeats; round++) rounds.push(await playRound({ buffered, direct }, load, round));
    process.stdout.write(lineOf(load, rounds));
  }
  await Promise.all([buffered.close(), direct.close()]);
  await rm(directory, { recursive: true });
}
