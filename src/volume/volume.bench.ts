/**
 * Why: what does a volume cost over the device below it? Durable puts over the contract against a plain file that is
 * appended to and synced in groups of the same size, and whole reads against plain reads, in the same run, by turns:
 * `node src/volume/volume.bench.ts [file|memory] [directory]`, or `... s3 DIRECTORY ENDPOINT BUCKET` with
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Prints medians of ratios; 1 is the device itself.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { newId, type StoreId, type VolumeId } from '../base/ids.ts';
import { seededRandom, systemRandom } from '../base/random.ts';
import type { Disk } from '../disk/disk.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import { openS3Client } from '../s3-client/open-s3-client.ts';
import { createFileVolume } from './file/create-file-volume.ts';
import { openFileVolume } from './file/open-file-volume.ts';
import { MemoryVolume } from './memory/memory-volume.ts';
import { createS3Volume } from './s3/create-s3-volume.ts';
import { openS3Volume } from './s3/open-s3-volume.ts';
import { placeVolume } from './s3/place.ts';
import { type SealedBlock, sealBlock } from './stored-form.ts';
import type { Volume } from './volume.ts';

export type Load = { readonly blockBytes: number; readonly atOnce: number; readonly totalBytes: number };

const loads: readonly Load[] = [
  { blockBytes: 4096, atOnce: 64, totalBytes: 2 ** 25 },
  { blockBytes: 128 * 1024, atOnce: 16, totalBytes: 2 ** 27 },
  { blockBytes: 2 ** 20, atOnce: 8, totalBytes: 2 ** 28 },
  { blockBytes: 2 ** 23, atOnce: 4, totalBytes: 2 ** 28 },
];
const repeats = 5;

/** Different in every round, so that nothing is present; sealed beforehand: hashing is not the volume's work. */
export function makeBlocks({ blockBytes, totalBytes }: Load, round: number): SealedBlock[] {
  const pattern = seededRandom(1).bytes(4096);
  return Array.from({ length: totalBytes / blockBytes }, (_, number) => {
    const payload = Buffer.alloc(blockBytes, pattern);
    payload.writeUInt32LE(number, 0);
    payload.writeUInt32LE(round, 4);
    return sealBlock([payload], 3, 'blake3');
  });
}

function payloadOf({ payload }: SealedBlock): Uint8Array {
  return payload[0] ?? new Uint8Array(0);
}

/** `atOnce` calls are always under way. */
export async function forAll<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export async function timeMs(work: () => Promise<void>): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  await work();
  return systemClock.monotonicMs() - startedMs;
}

/** The same bytes through one plain file: milliseconds of writing and of reading. */
async function plainFile(directory: string, blocks: readonly SealedBlock[], { blockBytes, atOnce }: Load) {
  const disk = openNodeDisk(directory);
  const file = await disk.open('plain', 'create');
  await file.sync();
  const putMs = await timeMs(async () => {
    for (let at = 0; at < blocks.length; at += atOnce) {
      await file.write(blocks.slice(at, at + atOnce).map(payloadOf), at * blockBytes);
      await file.sync();
    }
  });
  const readMs = await timeMs(() =>
    forAll([...blocks.keys()], atOnce, (at) => file.read(Buffer.allocUnsafeSlow(blockBytes), at * blockBytes)),
  );
  await file.close();
  await disk.remove('plain');
  return { putMs, readMs };
}

async function throughVolume(volume: Volume, blocks: readonly SealedBlock[], { atOnce }: Load) {
  const putMs = await timeMs(() => forAll(blocks, atOnce, (block) => volume.put(block)));
  const readMs = await timeMs(() => forAll(blocks, atOnce, ({ address }) => volume.read(address)));
  await forAll(blocks, atOnce, ({ address }) => volume.delete(address));
  return { putMs, readMs };
}

/** Benches any volume against a plain file in `directory`; one line of text for each load. */
export async function benchVolume(name: string, volume: Volume, directory: string): Promise<string[]> {
  const lines: string[] = [];
  for (const load of loads) {
    const rounds: { put: number; read: number; putMs: number }[] = [];
    for (let round = 0; round < repeats; round++) {
      const blocks = makeBlocks(load, round);
      const plain = await plainFile(directory, blocks, load);
      const mine = await throughVolume(volume, blocks, load);
      rounds.push({ put: plain.putMs / mine.putMs, read: plain.readMs / mine.readMs, putMs: mine.putMs });
    }
    const perSecond = (load.totalBytes / load.blockBytes / median(rounds.map(({ putMs }) => putMs))) * 1000;
    lines.push(
      `${name}: ${load.blockBytes} bytes, ${load.atOnce} at once: ` +
        `put ${median(rounds.map(({ put }) => put)).toFixed(2)} of a plain file (${perSecond.toFixed(0)}/s), ` +
        `read ${median(rounds.map(({ read }) => read)).toFixed(2)}`,
    );
  }
  return lines;
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function openVolume(name: string, directory: string, where: readonly string[]): Promise<Volume> {
  if (name === 's3') return openS3(where);
  if (name === 'memory') return new MemoryVolume({ id: '0000000000000001' as VolumeId, clock: systemClock });
  return newFileVolume(openNodeDisk(join(directory, 'volume')));
}

export async function newFileVolume(disk: Disk): Promise<Volume> {
  const storeId = '0000000000000001' as StoreId;
  await createFileVolume({ disk, storeId, clock: systemClock, random: systemRandom });
  return openFileVolume({ disk, storeId, clock: systemClock });
}

async function openS3([endpoint = '', bucket = '']: readonly string[]): Promise<Volume> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env;
  const surroundings = { clock: systemClock, random: systemRandom };
  const client = openS3Client({ endpoint, credentials: { accessKeyId, secretAccessKey }, ...surroundings });
  const storeId = '0000000000000001' as StoreId;
  const place = placeVolume(client, bucket, `bench-${newId<VolumeId>(systemRandom)}`);
  await createS3Volume({ place, storeId, ...surroundings });
  return openS3Volume({ place, storeId, capacityBytes: 2 ** 40, ...surroundings });
}

if (import.meta.main) {
  const [name = 'file', parent = tmpdir(), ...where] = process.argv.slice(2);
  const directory = await mkdtemp(join(parent, 'copyset-bench-'));
  const volume = await openVolume(name, directory, where);
  for (const line of await benchVolume(name, volume, directory)) process.stdout.write(`${line}\n`);
  await volume.close();
  await rm(directory, { recursive: true });
}
