import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newFileVolume } from '../../test/support/file-volumes.ts';
import { forgetPages } from '../../test/support/forget-pages.ts';
import { readsAtOnce } from '../../test/support/reads-at-once.ts';
import { crc32c } from '../base/hash.ts';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { ReadMemory } from '../base/read-memory.ts';
import { readBlockChunks } from './read-block.ts';
import { ResidentReader } from './resident-reader.ts';
import {
  chunkBytes,
  encodeHeader,
  type SealedBlock,
  sealBlock,
  storedBytesOf,
  storedHeaderBytes,
} from './stored-form.ts';
import type { Volume } from './volume.ts';

const id = '0123456789abcdef' as VolumeId;
const payload = seededRandom(1).bytes(4 * chunkBytes + 100);
const of = payload.byteLength;
const damaged = expect.objectContaining({ code: 'block.damaged' });

describe.runIf(readsAtOnce())('what the kernel has in memory', () => {
  let root: string;
  let volume: Volume;
  let block: SealedBlock;
  let memory: ReadMemory;
  let reader: ResidentReader;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'copyset-resident-'));
    volume = await newFileVolume(join(root, id), id);
    block = sealBlock([payload], 3, 'blake3');
    await volume.put(block);
    await readBlockChunks(volume, block.address);
    memory = new ReadMemory({ maxFreeBytes: 2 ** 20 });
    reader = new ResidentReader(memory);
  });
  afterEach(async () => {
    await volume.close();
    await rm(root, { recursive: true });
  });

  const read = (from: number, to: number) => reader.read(volume, block.address, { from, to, of });

  async function segmentPath(): Promise<string> {
    const directory = join(root, id, 'segments');
    const [name] = (await readdir(directory)).filter((each) => each.endsWith('.seg'));
    return join(directory, name as string);
  }

  /** Writes behind the store's back at a place of the stored form. */
  async function overwrite(bytes: Uint8Array, at: number): Promise<void> {
    const file = await open(await segmentPath(), 'r+');
    const all = await file.readFile();
    const payloadAt = all.indexOf(payload.subarray(0, 100));
    await file.write(bytes, 0, bytes.byteLength, payloadAt - storedHeaderBytes + at);
    await file.close();
  }

  test.each([
    [0, of],
    [10, 70_000],
    [chunkBytes, 2 * chunkBytes],
    [4 * chunkBytes + 1, of],
  ])('is read from %d to %d', (from, to) => {
    expect(read(from, to)).toEqual(payload.subarray(from, to));
  });

  test('goes into memory that was given back', () => {
    const first = read(0, of) as Uint8Array;
    memory.give(first);
    expect((read(0, of) as Uint8Array).buffer).toBe(first.buffer);
  });

  test.each([
    ['a chunk', storedHeaderBytes + 2 * chunkBytes],
    ['a checksum', storedHeaderBytes + of + 2 * 4],
    ['the header', 20],
  ])('is not read where %s is damaged, and holds no memory', async (_, at) => {
    await overwrite(Buffer.of(0xff, 0x00, 0xff, 0x00), at);
    expect(() => read(0, of)).toThrow(damaged);
    expect(memory.freeBytes).toBeGreaterThanOrEqual(of);
    if (at === 20) expect(() => read(0, 10)).toThrow(damaged);
    else expect(read(0, 10)).toEqual(payload.subarray(0, 10));
  });

  test.each([
    ['another block', { address: { ...sealBlock([payload.slice(1)], 3, 'blake3').address } }],
    ['another volume’s copy', { volumeId: 'fedcba9876543210' as VolumeId }],
    ['a block of another length', { payloadBytes: of - 1 }],
  ])('is not read where %s lies', async (_, other) => {
    const header = { address: block.address, volumeId: id, payloadBytes: of, checksum: 'crc32', ...other } as const;
    await overwrite(encodeHeader(header), 0);
    expect(() => read(0, of)).toThrow(damaged);
  });

  test('is told apart from damage where a newer program wrote it', async () => {
    const header = Buffer.from(
      encodeHeader({ address: block.address, volumeId: id, payloadBytes: of, checksum: 'crc32' }),
    );
    header.writeUInt16LE(99, 4);
    header.writeUInt32LE(crc32c(header.subarray(0, -4)), storedHeaderBytes - 4);
    await overwrite(header, 0);
    expect(() => read(0, of)).toThrow(expect.objectContaining({ code: 'format.unknown_version' }));
  });

  test('is not read where a page of it is not there, and the next read finds it', async () => {
    forgetPages(await segmentPath());
    expect(read(0, of)).toBeUndefined();
    expect(await readBlockChunks(volume, block.address)).toEqual(payload);
    expect(read(0, of)).toEqual(payload);
  });

  test('is not read in pieces that everybody would wait for', async () => {
    const large = sealBlock([new Uint8Array(65 * chunkBytes)], 3, 'blake3');
    await volume.put(large);
    await volume.read(large.address, { from: 0, to: storedBytesOf(large.payloadBytes) });
    const part = (to: number) => reader.read(volume, large.address, { from: 0, to, of: large.payloadBytes });
    expect(part(64 * chunkBytes)).toHaveLength(64 * chunkBytes);
    expect(part(64 * chunkBytes + 1)).toBeUndefined();
  });
});
