import { describe, expect, test } from 'vitest';
import { concatBytes } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { MemoryVolume } from './memory/memory-volume.ts';
import { readBlockChunks, readBlockRange, readWholeBlock } from './read-block.ts';
import { chunkBytes, sealBlock, sealNamed, storedHeaderBytes, toStoredForm } from './stored-form.ts';

const payload = seededRandom(1).bytes(4 * chunkBytes + 100);
const payloadBytes = payload.byteLength;
const block = sealBlock([payload], 3, 'blake3');
const { address } = block;

async function volumeWithBlock(): Promise<MemoryVolume> {
  const volume = new MemoryVolume({ id: '0123456789abcdef' as VolumeId, clock: systemClock });
  await volume.put(block);
  return volume;
}

/** Flips a bit of the payload's byte `at`. */
function damage(volume: MemoryVolume, at: number): void {
  volume.corrupt(address, (stored) => stored.with(storedHeaderBytes + at, (payload[at] as number) ^ 4));
}

const damaged = { code: 'block.damaged' };

describe.each([
  ['by its name', readWholeBlock],
  ['by its chunks', readBlockChunks],
])('a whole block, verified %s,', (_, read) => {
  test('is its payload', async () => {
    expect(await read(await volumeWithBlock(), address)).toEqual(payload);
  });

  test('is never given out damaged', async () => {
    const volume = await volumeWithBlock();
    damage(volume, 2 * chunkBytes);
    await expect(read(volume, address)).rejects.toMatchObject(damaged);
  });

  test('is not another volume’s, nor another block', async () => {
    const volume = await volumeWithBlock();
    const other = sealBlock([payload.slice(1)], 3, 'blake3');
    volume.corrupt(address, () => concatBytes(...toStoredForm(other, volume.id)));
    await expect(read(volume, address)).rejects.toMatchObject(damaged);
  });
});

test('bytes under a name that is not theirs are found by the name alone', async () => {
  const volume = await volumeWithBlock();
  const liar = sealNamed(address.name, [payload.with(0, (payload[0] as number) ^ 1)], 3);
  volume.corrupt(address, () => concatBytes(...toStoredForm(liar, volume.id)));
  await expect(readWholeBlock(volume, address)).rejects.toMatchObject(damaged);
  expect(await readBlockChunks(volume, address)).not.toEqual(payload);
});

describe('a range of a block', () => {
  test.each([
    [0, payloadBytes],
    [chunkBytes - 1, chunkBytes + 1],
    [2 * chunkBytes, 3 * chunkBytes],
    [payloadBytes - 1, payloadBytes],
    [70, 70],
  ])('[%d, %d) is that part of the payload', async (from, to) => {
    const read = await readBlockRange(await volumeWithBlock(), address, { from, to }, { payloadBytes });
    expect(read).toEqual(payload.slice(from, to));
  });

  test('fails only where a chunk that it needs is damaged', async () => {
    const volume = await volumeWithBlock();
    damage(volume, 2 * chunkBytes);
    const read = (from: number, to: number) => readBlockRange(volume, address, { from, to }, { payloadBytes });
    await expect(read(3 * chunkBytes - 1, 3 * chunkBytes)).rejects.toMatchObject(damaged);
    expect(await read(3 * chunkBytes, payloadBytes)).toEqual(payload.slice(3 * chunkBytes));
  });

  test.each([
    ['is cut', (stored: Uint8Array) => stored.slice(0, chunkBytes)],
    ['has a damaged header', (stored: Uint8Array) => stored.with(9, 1)],
    ['is empty', () => new Uint8Array(0)],
  ])('fails when the stored form %s', async (_, change) => {
    const volume = await volumeWithBlock();
    volume.corrupt(address, change);
    await expect(
      readBlockRange(volume, address, { from: payloadBytes - 9, to: payloadBytes }, { payloadBytes }),
    ).rejects.toMatchObject(damaged);
  });

  test('fails when the reference speaks of another length', async () => {
    const options = { payloadBytes: payloadBytes - 1 };
    await expect(readBlockRange(await volumeWithBlock(), address, { from: 0, to: 9 }, options)).rejects.toMatchObject(
      damaged,
    );
  });

  test('of a block that is not there is missing', async () => {
    const absent = { ...address, classId: 1 };
    const volume = await volumeWithBlock();
    await expect(readWholeBlock(volume, absent)).rejects.toMatchObject({ code: 'block.missing' });
    await expect(readBlockRange(volume, absent, { from: 0, to: 9 }, { payloadBytes })).rejects.toMatchObject({
      code: 'block.missing',
    });
  });
});
