import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../base/bytes.ts';
import { systemClock } from '../../base/clock.ts';
import { crc32c } from '../../base/hash.ts';
import type { StoreId, VolumeId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { replaceFile } from '../../disk/whole-file.ts';
import { sealBlock, storedBytesOf } from '../stored-form.ts';
import { createFileVolume } from './create-file-volume.ts';
import { encodeFrameHeader, frameBytesOf, segmentSeed } from './frame.ts';
import { openFileVolume } from './open-file-volume.ts';
import { segmentPath } from './paths.ts';
import { segmentHeaderBytes } from './segment-header.ts';
import { blockOf, blocksOf, moments, readable, storeId, Trial } from './trial.conformance.ts';

const make = { storeId, clock: systemClock, random: seededRandom(1) };
const open = { storeId, clock: systemClock };

/** Of a block of 1,000 bytes. */
const frameBytes = frameBytesOf({ storedBytes: storedBytesOf(1000) });

async function put(memory: MemoryDisk, path: string, text = ''): Promise<void> {
  const file = await memory.open(path, 'create');
  await file.write([utf8(text)], 0);
  await file.close();
}

describe('a volume is made', () => {
  test('on an empty directory, durably', async () => {
    const memory = new MemoryDisk();
    const volumeId = '00000000000000bb' as VolumeId;
    const identity = await createFileVolume({ ...make, disk: memory, volumeId });
    expect(identity).toMatchObject({ storeId, volumeId });
    const disk = memory.powerCut(seededRandom(1));
    const volume = await openFileVolume({ ...open, disk });
    expect([volume.id, volume.identity]).toEqual([volumeId, identity]);
  });

  test('with an id and an incarnation of its own', async () => {
    const made = await Promise.all([1, 2].map(() => createFileVolume({ ...make, disk: new MemoryDisk() })));
    expect(new Set(made.flatMap(({ volumeId, incarnation }) => [volumeId, incarnation])).size).toBe(4);
  });

  test.each(['a', 'identity.json', 'segments/00000001.seg', 'retired.json'])(
    'never where there is %s',
    async (path) => {
      const memory = new MemoryDisk();
      await memory.makeDirectory('segments');
      await put(memory, path);
      await expect(createFileVolume({ ...make, disk: memory })).rejects.toMatchObject({ code: 'not_empty' });
    },
  );

  test('where a file system or an interrupted attempt left only its own', async () => {
    const memory = new MemoryDisk();
    await memory.makeDirectory('lost+found');
    await memory.makeDirectory('segments');
    await put(memory, 'identity.json.new', 'a part');
    await put(memory, 'lock');
    await createFileVolume({ ...make, disk: memory });
    await openFileVolume({ ...open, disk: memory });
  });

  test('whole or not at all, whenever the power goes', async () => {
    let opened = 0;
    for (let moments = 0; moments < 60; moments++) {
      const memory = new MemoryDisk();
      createFileVolume({ ...make, disk: memory }).catch(() => undefined);
      for (let passed = 0; passed < moments; passed++) await Promise.resolve();
      const disk = memory.powerCut(seededRandom(moments));
      const result = await openFileVolume({ ...open, disk }).catch((error: unknown) => error);
      if (result instanceof Error) {
        expect(result).toMatchObject({ code: 'volume.gone' });
        await createFileVolume({ ...make, disk });
      } else opened++;
    }
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThan(60);
  });
});

describe('a volume is not opened', () => {
  test('where there is none, and nothing is made there', async () => {
    const disk = new MemoryDisk();
    await expect(openFileVolume({ ...open, disk })).rejects.toMatchObject({ code: 'volume.gone' });
    expect(await disk.list('')).toEqual([]);
  });

  test.each([
    ['another store', { storeId: '00000000000000cc' as StoreId }],
    ['another volume', { volumeId: '00000000000000cc' as VolumeId }],
  ])('for %s', async (_, other) => {
    const { disk } = await Trial.create();
    await expect(openFileVolume({ ...open, disk, ...other })).rejects.toMatchObject({ code: 'volume.foreign' });
  });

  test('twice at a time', async () => {
    const trial = await Trial.create();
    const first = await trial.open();
    await expect(trial.open()).rejects.toMatchObject({ code: 'volume.locked' });
    await expect(createFileVolume({ ...make, disk: trial.disk })).rejects.toMatchObject({ code: 'not_empty' });
    await first.close();
    await (await trial.open()).close();
  });

  test('with a damaged identity, or a newer one', async () => {
    const { memory } = await Trial.create();
    memory.corrupt('identity.json', 30, utf8('x'));
    await expect(openFileVolume({ ...open, disk: memory })).rejects.toMatchObject({ code: 'format.damaged' });
    const body = { format: 'copyset-volume', version: 2 };
    const checksum = crc32c(utf8(JSON.stringify(body)))
      .toString(16)
      .padStart(8, '0');
    await replaceFile(memory, 'identity.json', utf8(JSON.stringify({ ...body, crc32c: checksum })));
    await expect(openFileVolume({ ...open, disk: memory })).rejects.toMatchObject({ code: 'format.unknown_version' });
  });

  test('without its segments', async () => {
    const { memory } = await Trial.create();
    await memory.remove('segments');
    await expect(openFileVolume({ ...open, disk: memory })).rejects.toMatchObject({ code: 'volume.gone' });
    await memory.makeDirectory('segments');
    await openFileVolume({ ...open, disk: memory });
  });

  test('with a segment of another volume, and lets go of its lock', async () => {
    const [trial, other] = [await Trial.create(), await Trial.create()];
    await replaceFile(trial.memory, 'identity.json', Buffer.from(await identityOfAnother()));
    const volume = await other.open();
    await volume.put(blockOf(1));
    await replaceFile(trial.memory, segmentPath(1), await other.bytesOf(1));
    await expect(trial.open()).rejects.toMatchObject({ code: 'volume.foreign' });
    await trial.memory.remove(segmentPath(1));
    await trial.open();
  });

  async function identityOfAnother(): Promise<Uint8Array> {
    const memory = new MemoryDisk();
    await createFileVolume({ ...make, disk: memory });
    const file = await memory.open('identity.json', 'read');
    const bytes = new Uint8Array(await file.size());
    await file.read(bytes, 0);
    return bytes;
  }
});

test('a start that hangs ends with its signal, and holds no lock when it is let go', async () => {
  const trial = await Trial.create();
  trial.schedule.force('list', 'hang');
  const abort = new AbortController();
  const opening = openFileVolume({ ...open, disk: trial.disk }, { signal: abort.signal });
  await moments(200);
  abort.abort();
  await expect(opening).rejects.toMatchObject({ code: 'request.aborted' });
  trial.schedule.release();
  await moments(200);
  await trial.open();
});

describe('a start finds', () => {
  test('every block, size and time, after a close as after a kill', async () => {
    const trial = await Trial.create({ segmentBytes: 5000 });
    const blocks = blocksOf(20);
    const volume = await trial.open();
    for (const block of blocks) await volume.put(block);
    const listed = await volume.list({ limit: 100 });
    await volume.close();
    const second = await trial.open();
    expect(await second.list({ limit: 100 })).toEqual(listed);
    const usage = await second.usage();
    trial.kill();
    const third = await trial.open();
    expect(await third.list({ limit: 100 })).toEqual(listed);
    expect(await readable(third, blocks)).toHaveLength(20);
    expect(await third.usage()).toEqual(usage);
  });

  test('by the sidecars, after a close: it reads nothing else', async () => {
    const trial = await Trial.create({ segmentBytes: 5000, checkpointBytes: 10_000 });
    const volume = await trial.open();
    for (const block of blocksOf(20)) await volume.put(block);
    await volume.close();
    const [segments, identity] = [7, 1];
    expect(Object.keys(await trial.files())).toHaveLength(2 * segments);
    const before = trial.schedule.calls.get('read') ?? 0;
    await trial.open();
    expect((trial.schedule.calls.get('read') ?? 0) - before).toBe(identity + segments);
  });

  test('by the last checkpoint and a scan of what follows it, after a kill', async () => {
    const trial = await Trial.create({ checkpointBytes: 3 * frameBytes });
    const volume = await trial.open();
    const blocks = blocksOf(5);
    for (const block of blocks) await volume.put(block);
    trial.kill();
    for (const at of [1, 4]) await trial.damage(1, segmentHeaderBytes + at * frameBytes + 500);
    const again = await trial.open();
    expect(await again.usage()).toMatchObject({ blocks: 4 }); // damage that is not looked at is not found
    expect(await readable(again, blocks)).toEqual([0, 2, 3]);
    expect(await again.put(blockOf(9))).toBe('stored');
    trial.kill();
    expect(await readable(await trial.open(), [...blocks, blockOf(9)])).toEqual([0, 2, 3, 5]);
  });

  test('every block when sidecars are missing, torn or damaged, and writes them anew', async () => {
    const trial = await Trial.create({ segmentBytes: 5000 });
    const blocks = blocksOf(20);
    const volume = await trial.open();
    for (const block of blocks) await volume.put(block);
    await volume.close();
    const files = await trial.files();
    await trial.memory.remove('segments/00000001.idx');
    await (await trial.memory.open('segments/00000002.idx', 'write')).truncate(100);
    trial.memory.corrupt('segments/00000003.idx', 100, utf8('xx'));
    const again = await trial.open();
    expect(await readable(again, blocks)).toHaveLength(20);
    expect(await trial.files()).toEqual(files);
  });

  test('nothing of a sidecar whose segment is gone', async () => {
    const trial = await Trial.create({ segmentBytes: 5000 });
    const blocks = blocksOf(8);
    const volume = await trial.open();
    for (const block of blocks) await volume.put(block);
    await volume.close();
    await trial.memory.remove(segmentPath(1));
    const again = await trial.open();
    expect(await readable(again, blocks)).toEqual([3, 4, 5, 6, 7]);
    expect(Object.keys(await trial.files())).not.toContain('00000001.idx');
  });

  test('files in the way of nobody, and leaves them', async () => {
    const trial = await Trial.create();
    await put(trial.memory, 'segments/notes.txt');
    await put(trial.memory, 'segments/0000000A.seg', 'not ours');
    const volume = await trial.open();
    await volume.put(blockOf(1));
    await volume.close();
    expect(Object.keys(await trial.files())).toEqual(['00000001.idx', '00000001.seg', '0000000A.seg', 'notes.txt']);
  });
});

test('what a killed process left unsynced is durable once a start has found it', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const trial = await Trial.create();
    const volume = await trial.open();
    trial.schedule.force('sync', 'hang');
    volume.put(blockOf(1)).catch(() => undefined);
    await moments(100);
    trial.kill();
    expect(await readable(await trial.open(), [blockOf(1)])).toEqual([0]);
    trial.boot(trial.memory.powerCut(seededRandom(seed)));
    expect(await readable(await trial.open(), [blockOf(1)])).toEqual([0]);
  }
});

describe('a torn tail', () => {
  async function killedWith(blocks = blocksOf(3)) {
    const trial = await Trial.create();
    const volume = await trial.open();
    for (const block of blocks) await volume.put(block);
    trial.kill();
    return { trial, blocks, end: segmentHeaderBytes + blocks.length * frameBytes };
  }

  test.each([
    ['zeros', Buffer.alloc(3000)],
    ['noise', Buffer.from(seededRandom(3).bytes(3000))],
    ['a byte', Buffer.alloc(1, 7)],
  ])('of %s is cut off, and the segment goes on', async (_, tail) => {
    const { trial, blocks, end } = await killedWith();
    trial.memory.corrupt(segmentPath(1), end, tail);
    const volume = await trial.open();
    expect(await trial.files()).toEqual({ '00000001.seg': end });
    await volume.put(blockOf(9));
    expect(await readable(volume, [...blocks, blockOf(9)])).toEqual([0, 1, 2, 3]);
    expect(await trial.files()).toEqual({ '00000001.seg': end + frameBytes });
  });

  test('of a frame cut anywhere is cut off', async () => {
    for (const lost of [1, 64, frameBytes - 64, frameBytes - 1]) {
      const { trial, blocks, end } = await killedWith();
      const file = await trial.memory.open(segmentPath(1), 'write');
      await file.truncate(end - lost);
      await file.sync();
      const volume = await trial.open();
      expect(await readable(volume, blocks)).toEqual([0, 1]);
      expect(await trial.files()).toEqual({ '00000001.seg': end - frameBytes });
    }
  });

  test('that is a whole segment leaves none', async () => {
    const { trial } = await killedWith([]);
    for (const torn of ['', 'CSG1', ' '.repeat(500)]) {
      await put(trial.memory, segmentPath(1), torn);
      await (await trial.open()).close();
      expect(await trial.files()).toEqual({});
    }
  });

  test('stays where the volume is retired, since nothing is written to that', async () => {
    const { trial, blocks, end } = await killedWith();
    await put(trial.memory, 'retired.json', '{}');
    trial.memory.corrupt(segmentPath(1), end, Buffer.alloc(100));
    const volume = await trial.open();
    expect(await readable(volume, blocks)).toEqual([0, 1, 2]);
    expect(await trial.files()).toEqual({ '00000001.seg': end + 100 });
  });
});

describe('damage', () => {
  const positions = [
    ['the header of its frame', 5],
    ['the header of the stored form', 64 + 10],
    ['its payload', 64 + 128 + 500],
    ['its table', 64 + 128 + 1001],
    ['its digest', 64 + 128 + 1010],
  ] as const;

  test.each(positions)('in %s makes one block missing, in the segment that is written', async (_, at) => {
    const trial = await Trial.create();
    const blocks = blocksOf(4);
    const volume = await trial.open();
    for (const block of blocks) await volume.put(block);
    trial.kill();
    await trial.damage(1, segmentHeaderBytes + frameBytes + at);
    const again = await trial.open();
    expect(await readable(again, blocks)).toEqual([0, 2, 3]);
    expect(await again.put(blockOf(1))).toBe('stored');
    expect(await readable(again, blocks)).toEqual([0, 1, 2, 3]);
  });

  test.each(positions)('in %s makes one block missing, in a segment that is scanned', async (_, at) => {
    const trial = await Trial.create({ segmentBytes: 5000 });
    const blocks = blocksOf(6);
    const volume = await trial.open();
    for (const block of blocks) await volume.put(block);
    await volume.close();
    await trial.memory.remove('segments/00000001.idx');
    await trial.damage(1, segmentHeaderBytes + frameBytes + at);
    const before = await trial.bytesOf(1);
    expect(await readable(await trial.open(), blocks)).toEqual([0, 2, 3, 4, 5]);
    expect(await trial.bytesOf(1)).toEqual(before);
  });

  test('of the header of a segment loses nothing', async () => {
    const trial = await Trial.create();
    const volume = await trial.open();
    await volume.put(blockOf(0));
    trial.kill();
    await trial.damage(1, 30);
    expect(await readable(await trial.open(), blocksOf(1))).toEqual([0]);
  });

  test('does not bring frames to light that lie in a payload', async () => {
    const trial = await Trial.create();
    const volume = await trial.open();
    const [kept, other] = [blockOf(1), blockOf(2)];
    const forged = encodeFrameHeader(
      {
        kind: 'tombstone',
        address: new Uint8Array(36),
        segment: 1,
        position: 0,
        storedBytes: 0,
        sequence: 99,
        writtenAtMs: 0,
      },
      crc32c(new Uint8Array(0)),
    );
    const stranger = encodeFrameHeader(
      {
        kind: 'put',
        address: new Uint8Array(36),
        segment: 2,
        position: 0,
        storedBytes: 0,
        sequence: 99,
        writtenAtMs: 0,
      },
      segmentSeed(volume.identity.incarnation, 2),
    );
    const payload = concatBytes(...Array.from({ length: 8 }, () => [forged, stranger]).flat());
    await volume.put(kept);
    await volume.put(sealBlock([payload], 3, 'blake3'));
    await volume.put(other);
    trial.kill();
    await trial.damage(1, segmentHeaderBytes + frameBytes);
    const again = await trial.open();
    expect(await again.usage()).toMatchObject({ blocks: 2 });
    expect(await readable(again, [kept, other])).toEqual([0, 1]);
  });
});
