import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { diskConformance } from '../disk.conformance.ts';
import { MemoryDisk } from './memory-disk.ts';

for (const direct of [false, true]) {
  const name = `the memory disk${direct ? ' that writes directly' : ''}`;
  diskConformance(name, async () => ({ disk: new MemoryDisk({ direct }), dispose: async () => undefined }));
}

async function contentOf(disk: MemoryDisk, path: string): Promise<string> {
  const file = await disk.open(path, 'read');
  const into = new Uint8Array(await file.size());
  await file.read(into, 0);
  return Buffer.from(into).toString();
}

describe('the memory disk', () => {
  test('a killed process leaves all that was written, and the power may still take it', async () => {
    const disk = new MemoryDisk();
    const file = await disk.open('a', 'create');
    await file.write([utf8('written')], 0);
    const next = disk.crash();
    expect(await contentOf(next, 'a')).toBe('written');
    const drawsOne = { ...seededRandom(1), integer: () => 1 };
    expect(await next.powerCut(drawsOne).list('')).toEqual([]);
  });

  test.each([
    ['crash', (disk: MemoryDisk) => disk.crash()],
    ['power cut', (disk: MemoryDisk) => disk.powerCut(seededRandom(1))],
  ])('after a %s the dead process can do nothing more, and its lock is free', async (_, end) => {
    const disk = new MemoryDisk();
    const file = await disk.open('a', 'create');
    await file.write([utf8('1')], 0);
    await file.sync();
    await disk.syncDirectory('');
    await disk.lock('lock');
    const inFlight = [file.write([utf8('2')], 0), disk.remove('a'), disk.rename('a', 'b')];
    const next = end(disk);
    const late = [file.write([utf8('3')], 0), file.sync(), disk.open('a', 'read'), disk.lock('other'), disk.stat('a')];
    for (const call of [...inFlight, ...late]) await expect(call).rejects.toMatchObject({ code: 'closed' });
    await file.close();
    expect(await contentOf(next, 'a')).toBe('1');
    await next.lock('lock');
  });

  test('a full disk takes what fits, and goes on when there is space again', async () => {
    const disk = new MemoryDisk({ capacityBytes: 10 });
    const file = await disk.open('a', 'create');
    await expect(file.write([utf8('12345'), utf8('67890!')], 0)).rejects.toMatchObject({ code: 'disk.full' });
    expect(await contentOf(disk, 'a')).toBe('1234567890');
    await expect(file.truncate(11)).rejects.toMatchObject({ code: 'disk.full' });
    const other = await disk.open('b', 'create');
    await expect(other.write([utf8('x')], 100)).rejects.toMatchObject({ code: 'disk.full' });
    await file.write([utf8('over')], 0);
    await file.truncate(4);
    expect(await disk.space()).toEqual({ totalBytes: 10, freeBytes: 6 });
    disk.setCapacity(3);
    expect(await disk.space()).toEqual({ totalBytes: 3, freeBytes: 0 });
    await file.write([utf8('OVER')], 0);
    await expect(file.write([utf8('!')], 4)).rejects.toMatchObject({ code: 'disk.full' });
  });

  test('a removed or replaced file takes space until its last open file is closed', async () => {
    const disk = new MemoryDisk({ capacityBytes: 10 });
    const [a, b] = [await disk.open('a', 'create'), await disk.open('b', 'create')];
    await a.write([utf8('12345')], 0);
    await b.write([utf8('123')], 0);
    await disk.rename('b', 'a');
    expect((await disk.space()).freeBytes).toBe(2);
    await a.close();
    expect((await disk.space()).freeBytes).toBe(7);
    await disk.remove('a');
    await b.close();
    expect((await disk.space()).freeBytes).toBe(10);
  });

  test('a file that is closed during a write takes no space after its end', async () => {
    const disk = new MemoryDisk({ capacityBytes: 10 });
    const file = await disk.open('a', 'create');
    await disk.remove('a');
    await Promise.all([file.write([utf8('12345')], 0), file.close()]);
    expect((await disk.space()).freeBytes).toBe(10);
  });

  test('opens no file directly unless it was made for it', async () => {
    const opening = new MemoryDisk().open('a', 'create', { direct: true });
    await expect(opening).rejects.toMatchObject({ code: 'unsupported' });
    const disk = new MemoryDisk({ direct: true }).crash();
    await (await disk.open('a', 'create', { direct: true })).close();
  });

  test('damages bytes so that no power cut brings them back', async () => {
    const disk = new MemoryDisk();
    const file = await disk.open('a', 'create');
    await file.write([utf8('whole')], 0);
    await file.sync();
    await disk.syncDirectory('');
    disk.corrupt('a', 1, utf8('XX'));
    expect(await contentOf(disk, 'a')).toBe('wXXle');
    expect(await contentOf(disk.powerCut(seededRandom(1)), 'a')).toBe('wXXle');
    expect(() => disk.corrupt('missing', 0, utf8('X'))).toThrow('no such file');
  });
});
