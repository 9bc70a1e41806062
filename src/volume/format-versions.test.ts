/**
 * Why: a block of every version of the stored form is read for ever. Each is made here by hand, as
 * docs/formats/stored-form.md tells it, and with other code for the checksums than the program takes where it can.
 */
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameBlock } from '../base/block-name.ts';
import { concatBytes, equalBytes } from '../base/bytes.ts';
import { systemClock } from '../base/clock.ts';
import { type Crc, type NameHash, nameDigest, sha256, wasmCrc32c } from '../base/hash.ts';
import type { VolumeId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { MemoryVolume } from './memory/memory-volume.ts';
import { readBlockChunks, readBlockRange, readWholeBlock } from './read-block.ts';
import { chunkBytes, decodeHeader, findChunkDamage, findDamage, sealBlock, toStoredForm } from './stored-form.ts';

const crc32c = await wasmCrc32c();
const volumeId = '0123456789abcdef' as VolumeId;
const payload = seededRandom(5).bytes(2 * chunkBytes + 300);
const payloadBytes = payload.byteLength;
const chunkBounds = [0, chunkBytes, 2 * chunkBytes, payloadBytes];

type Version = { readonly version: number; readonly hash: NameHash; readonly kind: string; readonly crc: Crc };

const versions: readonly Version[] = [
  { version: 1, hash: 'sha256', kind: 'crc32c', crc: crc32c },
  { version: 2, hash: 'blake3', kind: 'crc32c', crc: crc32c },
  { version: 3, hash: 'sha256', kind: 'crc32', crc: crc32 },
  { version: 4, hash: 'blake3', kind: 'crc32', crc: crc32 },
];

/** Class 3, a whole copy. */
function addressBy(hash: NameHash) {
  return { name: nameBlock([payload], hash), classId: 3, fragment: 0 };
}

/** Everything in it is right, but for a table by another checksum than the version's if `crc` is another. */
function formOf({ version, hash, crc }: Omit<Version, 'kind'>): Uint8Array {
  const header = Buffer.alloc(128);
  header.write('CSB1', 'latin1');
  header.writeUInt16LE(version, 4);
  header.write(`${addressBy(hash).name}000300${volumeId}`, 8, 'hex');
  header.writeUInt32LE(payloadBytes, 52);
  header.writeUInt32LE(payloadBytes, 60);
  header.writeUInt32LE(65_536, 68);
  header.writeUInt32LE(crc32c(header.subarray(0, 124)), 124);
  const chunks = chunkBounds.slice(1).map((to, at) => payload.subarray(chunkBounds[at], to));
  const table = new Uint8Array(Uint32Array.from(chunks, (chunk) => crc(chunk)).buffer);
  return concatBytes(header, payload, table, sha256(header, nameDigest(hash, [payload]), table));
}

async function volumeWith(stored: Uint8Array, hash: NameHash): Promise<MemoryVolume> {
  const volume = new MemoryVolume({ id: volumeId, clock: systemClock });
  const block = sealBlock([payload], 3, hash);
  await volume.put(block);
  volume.corrupt(block.address, () => stored);
  return volume;
}

describe.each(versions)('a block of version $version, named by $hash, chunks by $kind,', ({ kind, ...form }) => {
  const { hash } = form;
  const address = addressBy(hash);
  const expected = { address, volumeId };
  const stored = formOf(form);

  test('is whole, and its header tells its checksum', () => {
    expect(decodeHeader(stored)).toEqual({ address, volumeId, payloadBytes, checksum: kind });
    expect(findChunkDamage(stored, expected)).toBeUndefined();
    expect(findDamage(stored, expected)).toBeUndefined();
  });

  test('is read, the whole of it and any range', async () => {
    const volume = await volumeWith(stored, hash);
    expect(equalBytes(await readWholeBlock(volume, address), payload)).toBe(true);
    expect(equalBytes(await readBlockChunks(volume, address), payload)).toBe(true);
    const end = fc.nat(payloadBytes);
    await fc.assert(
      fc.asyncProperty(end, end, async (one, other) => {
        const range = { from: Math.min(one, other), to: Math.max(one, other) };
        const read = await readBlockRange(volume, address, range, { payloadBytes });
        expect(equalBytes(read, payload.subarray(range.from, range.to))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('shows every flipped bit of payload and table', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat((payloadBytes + 12) * 8 - 1), async (bit) => {
        const flipped = stored.slice();
        const at = 128 + (bit >> 3);
        flipped[at] = (flipped[at] as number) ^ (1 << (bit & 7));
        expect(findChunkDamage(flipped, expected)).toContain('its chunks and their checksums');
        const read = readBlockRange(
          await volumeWith(flipped, hash),
          address,
          { from: 0, to: payloadBytes },
          { payloadBytes },
        );
        await expect(read).rejects.toMatchObject({ code: 'block.damaged' });
      }),
      { numRuns: 20 },
    );
  });

  test('is damaged when its table is by the other checksum, whatever its digest says', async () => {
    const mixed = formOf({ ...form, crc: kind === 'crc32' ? crc32c : crc32 });
    expect(findDamage(mixed, expected)).toContain('its chunks and their checksums');
    const volume = await volumeWith(mixed, hash);
    const readers = [readWholeBlock, readBlockChunks];
    const reads = readers.map((read) => read(volume, address));
    reads.push(readBlockRange(volume, address, { from: 70, to: 80 }, { payloadBytes }));
    for (const read of reads) await expect(read).rejects.toMatchObject({ code: 'block.damaged' });
  });
});

test.each(versions.slice(2))('new blocks named by $hash are of version $version, byte for byte', (form) => {
  const written = concatBytes(...toStoredForm(sealBlock([payload], 3, form.hash), volumeId));
  expect(equalBytes(written, formOf(form))).toBe(true);
});
