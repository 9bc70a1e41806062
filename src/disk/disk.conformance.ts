/** Why: what disk.ts promises, shown for every driver and every wrapper. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, utf8 } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { alignedMemory, canDirect } from './direct.ts';
import { type Disk, directAlignBytes, type OpenMode } from './disk.ts';

/** `open` gives an empty disk each time; `dispose` takes it away. */
export function diskConformance(
  name: string,
  open: () => Promise<{ readonly disk: Disk; readonly dispose: () => Promise<void> }>,
): void {
  describe(`${name} keeps the promises of a disk`, () => {
    let disk: Disk;
    let dispose: () => Promise<void>;

    beforeEach(async () => {
      ({ disk, dispose } = await open());
    });
    afterEach(() => dispose());

    async function writeFile(path: string, text: string): Promise<void> {
      const file = await disk.open(path, 'create');
      await file.write([utf8(text)], 0);
      await file.sync();
      await file.close();
    }

    async function readFile(path: string): Promise<string> {
      const file = await disk.open(path, 'read');
      const into = new Uint8Array(await file.size());
      await file.read(into, 0);
      await file.close();
      return Buffer.from(into).toString('utf8');
    }

    test('reads back what was written, in pieces and anywhere', async () => {
      const file = await disk.open('a', 'create-new');
      await file.write([utf8('hello '), utf8(''), utf8('world')], 0);
      await file.write([utf8('W')], 6);
      await file.write([], 3);
      const into = new Uint8Array(8);
      expect(await file.read(into, 6)).toBe(5);
      expect(Buffer.from(into).toString('latin1')).toBe('World\0\0\0');
      expect(await file.read(into, 11)).toBe(0);
      expect(await file.read(new Uint8Array(0), 0)).toBe(0);
      await file.close();
    });

    test('reads at once the very same bytes, or none', async () => {
      const content = seededRandom(3).bytes(100_000);
      const file = await disk.open('a', 'create');
      await file.write([content], 0);
      const into = new Uint8Array(Buffer.allocUnsafeSlow(50_000).buffer);
      if (file.readNow?.(into, 1000)) expect(into).toEqual(content.subarray(1000, 51_000));
      expect(file.readNow?.(into, 60_000) ?? false).toBe(false); // it ends before
      await file.close();
      expect(file.readNow?.(into, 0) ?? false).toBe(false);
    });

    test('writes thousands of pieces as one', async () => {
      const pieces = Array.from({ length: 3000 }, (_, at) => utf8(`${at},`));
      const file = await disk.open('many', 'create');
      await file.write(pieces, 0);
      const into = new Uint8Array(await file.size());
      await file.read(into, 0);
      expect(Buffer.from(into).equals(concatBytes(...pieces))).toBe(true);
      await file.close();
    });

    test('a write behind the end leaves zeros in between; a truncation cuts or fills', async () => {
      const file = await disk.open('a', 'create');
      await file.write([utf8('xyz')], 4);
      await file.truncate(6);
      await file.truncate(8);
      expect(await file.size()).toBe(8);
      await file.sync();
      await file.close();
      expect(await readFile('a')).toBe('\0\0\0\0xy\0\0');
    });

    test('writes directly what is read in any way, or opens no file for it', async () => {
      await writeFile('there', 'a file that does not end with a block');
      const memory = alignedMemory(3 * directAlignBytes).subarray(0, 3 * directAlignBytes);
      if (!(await canDirect(disk, { path: 'there', memory }))) {
        await expect(disk.open('there', 'read', { direct: true })).rejects.toMatchObject({ name: 'CopysetError' });
        return;
      }
      const file = await disk.open('a', 'create', { direct: true });
      memory.set(seededRandom(6).bytes(memory.byteLength));
      await file.write([memory], 2 * directAlignBytes);
      await file.sync();
      const [direct, buffered] = [alignedMemory(memory.byteLength), new Uint8Array(memory.byteLength)];
      expect(await file.read(direct, 2 * directAlignBytes)).toBe(memory.byteLength);
      await file.truncate(2 * directAlignBytes + 5);
      await file.close();
      const plain = await disk.open('a', 'read');
      expect(await plain.read(buffered, 2 * directAlignBytes)).toBe(5);
      expect(equalBytes(direct.subarray(0, memory.byteLength), memory)).toBe(true);
      expect(equalBytes(buffered.subarray(0, 5), memory.subarray(0, 5))).toBe(true);
      await plain.close();
    });

    test('refuses a direct read or write that does not lie at whole blocks', async () => {
      const memory = alignedMemory(2 * directAlignBytes);
      await writeFile('there', 'a file');
      if (!(await canDirect(disk, { path: 'there', memory }))) return;
      const file = await disk.open('a', 'create', { direct: true });
      const block = memory.subarray(0, directAlignBytes);
      const wrong: [Uint8Array, number][] = [
        [block, 512],
        [memory.subarray(0, 512), 0],
        [memory.subarray(512, 512 + directAlignBytes), 0],
      ];
      for (const [bytes, position] of wrong) {
        await expect(file.write([bytes], position)).rejects.toMatchObject({ code: 'bug' });
        await expect(file.read(bytes, position)).rejects.toMatchObject({ code: 'bug' });
      }
      expect(await file.size()).toBe(0);
      await file.close();
    });

    test('overlapping writes and reads of one file do not disturb each other', async () => {
      const random = seededRandom(5);
      const blocks = Array.from({ length: 20 }, () => random.bytes(10_000));
      const file = await disk.open('a', 'create');
      await Promise.all(blocks.map((block, at) => file.write([block], at * 10_000)));
      const read = await Promise.all(blocks.map((_, at) => readAt(at)));
      async function readAt(at: number): Promise<Uint8Array> {
        const into = new Uint8Array(10_000);
        await file.read(into, at * 10_000);
        return into;
      }
      expect(read.every((bytes, at) => Buffer.from(bytes).equals(blocks[at] as Uint8Array))).toBe(true);
      await file.close();
    });

    test.each<[OpenMode, boolean, boolean]>([
      ['read', false, true],
      ['write', false, true],
      ['create', true, true],
      ['create-new', true, false],
    ])('open for %s: missing %s, existing %s', async (mode, worksMissing, worksExisting) => {
      const missing = disk.open('missing', mode);
      if (worksMissing) await (await missing).close();
      else await expect(missing).rejects.toMatchObject({ code: 'disk.not_found' });
      await writeFile('existing', 'kept');
      const existing = disk.open('existing', mode);
      if (worksExisting) await (await existing).close();
      else await expect(existing).rejects.toMatchObject({ code: 'disk.exists' });
      expect(await readFile('existing')).toBe('kept');
    });

    test('a file opened to read refuses writes', async () => {
      await writeFile('a', 'kept');
      const file = await disk.open('a', 'read');
      await expect(file.write([utf8('x')], 0)).rejects.toMatchObject({ code: 'disk.io' });
      await expect(file.truncate(0)).rejects.toMatchObject({ code: 'disk.io' });
      await file.close();
      expect(await readFile('a')).toBe('kept');
    });

    test('a closed file answers `closed`; closing again is no error', async () => {
      const file = await disk.open('a', 'create');
      await file.close();
      await file.close();
      await expect(file.read(new Uint8Array(1), 0)).rejects.toMatchObject({ code: 'closed' });
      await expect(file.write([utf8('x')], 0)).rejects.toMatchObject({ code: 'closed' });
      await expect(file.sync()).rejects.toMatchObject({ code: 'closed' });
    });

    test('makes directories with their parents and lists them by bytes', async () => {
      await disk.makeDirectory('d/e/f');
      await disk.makeDirectory('d/e');
      for (const name of ['b', 'B', 'ä', 'a', '\u{ffff}', '\u{1f600}']) await writeFile(`d/e/${name}`, name);
      expect(await disk.list('d/e')).toEqual(['B', 'a', 'b', 'f', 'ä', '\u{ffff}', '\u{1f600}']);
      expect(await disk.list('')).toEqual(['d']);
      await expect(disk.list('missing')).rejects.toMatchObject({ code: 'disk.not_found' });
      await expect(disk.list('d/e/a')).rejects.toMatchObject({ code: 'disk.not_found' });
    });

    test('refuses a directory where a file is, and a file where no directory is', async () => {
      await writeFile('file', '');
      await expect(disk.makeDirectory('file')).rejects.toMatchObject({ code: 'disk.exists' });
      await expect(disk.makeDirectory('file/d')).rejects.toMatchObject({ code: 'disk.exists' });
      await expect(disk.open('no/file', 'create')).rejects.toMatchObject({ code: 'disk.not_found' });
    });

    test('tells what a path leads to', async () => {
      await disk.makeDirectory('d');
      await writeFile('d/a', '12345');
      const before = await disk.stat('d/a');
      expect(before).toMatchObject({ kind: 'file', bytes: 5 });
      expect(await disk.stat('d')).toMatchObject({ kind: 'directory' });
      expect(await disk.stat('')).toMatchObject({ kind: 'directory' });
      expect(await disk.stat('d/missing')).toBeUndefined();
      expect(await disk.stat('d/a/below')).toBeUndefined();
      await disk.rename('d/a', 'd/b');
      expect((await disk.stat('d/b'))?.identity).toBe(before?.identity);
      await writeFile('d/a', '12345');
      expect((await disk.stat('d/a'))?.identity).not.toBe(before?.identity);
    });

    test('a rename replaces its target, and an open file follows its inode', async () => {
      await writeFile('old', 'old');
      await writeFile('new', 'new');
      const old = await disk.open('old', 'read');
      await disk.rename('new', 'old');
      await disk.syncDirectory('');
      expect(await disk.list('')).toEqual(['old']);
      expect(await readFile('old')).toBe('new');
      const into = new Uint8Array(3);
      await old.read(into, 0);
      expect(Buffer.from(into).toString()).toBe('old');
      await old.close();
      await expect(disk.rename('missing', 'x')).rejects.toMatchObject({ code: 'disk.not_found' });
      await disk.rename('old', 'old');
      expect(await readFile('old')).toBe('new');
    });

    test('moves between directories, directories too', async () => {
      await disk.makeDirectory('a/b');
      await disk.makeDirectory('c');
      await writeFile('a/b/x', 'x');
      await disk.rename('a/b', 'c/d');
      await disk.rename('c/d/x', 'a/y');
      expect([await disk.list('a'), await disk.list('c/d'), await readFile('a/y')]).toEqual([['y'], [], 'x']);
      await expect(disk.rename('c', 'c/d/e')).rejects.toMatchObject({ code: 'disk.io' });
    });

    test('removes files and empty directories, and does not mind what is missing', async () => {
      await disk.makeDirectory('d');
      await writeFile('d/a', 'a');
      await expect(disk.remove('d')).rejects.toMatchObject({ code: 'disk.io' });
      await disk.remove('d/a');
      await disk.remove('d/a');
      await disk.remove('d');
      expect(await disk.list('')).toEqual([]);
      await disk.remove('d/a');
    });

    test('an open file outlives its name', async () => {
      await writeFile('a', 'still here');
      const file = await disk.open('a', 'write');
      await disk.remove('a');
      await file.write([utf8('S')], 0);
      const into = new Uint8Array(10);
      await file.read(into, 0);
      expect(Buffer.from(into).toString()).toBe('Still here');
      await file.close();
    });

    test('syncs directories, and says when there is none', async () => {
      await disk.makeDirectory('d');
      await disk.syncDirectory('d');
      await disk.syncDirectory('');
      await expect(disk.syncDirectory('missing')).rejects.toMatchObject({ code: 'disk.not_found' });
    });

    test('knows its space', async () => {
      const { totalBytes, freeBytes } = await disk.space();
      expect(freeBytes).toBeGreaterThan(0);
      expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
    });

    test.each(['..', '/a', 'a//b', 'a/../b', './a', 'a/', 'a\0b'])('refuses the path %j', async (path) => {
      await expect(disk.open(path, 'create')).rejects.toMatchObject({ code: 'bug' });
      await expect(disk.stat(path)).rejects.toMatchObject({ code: 'bug' });
      await expect(disk.rename(path, 'x')).rejects.toMatchObject({ code: 'bug' });
      await expect(disk.lock(path)).rejects.toMatchObject({ code: 'bug' });
    });

    test('a call whose signal aborted does not start', async () => {
      await writeFile('a', 'kept');
      const file = await disk.open('a', 'write');
      const options = { signal: AbortSignal.abort() };
      const calls = [
        disk.open('b', 'create', options),
        disk.remove('a', options),
        disk.rename('a', 'b', options),
        disk.makeDirectory('c', options),
        file.write([utf8('gone')], 0, options),
        file.truncate(0, options),
      ];
      const settled = await Promise.allSettled(calls);
      expect(settled.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(
        calls.map(() => 'request.aborted'),
      );
      await file.close();
      expect(await disk.list('')).toEqual(['a']);
      expect(await readFile('a')).toBe('kept');
    });

    test('an aborted call rejects at once, and what it owns is still sound', async () => {
      const abort = new AbortController();
      const opening = disk.open('a', 'create', { signal: abort.signal });
      abort.abort();
      await expect(opening).rejects.toMatchObject({ code: 'request.aborted' });
      await writeFile('a', 'after');
      expect(await readFile('a')).toBe('after');
    });

    test('a lock excludes every other until it is released', async () => {
      const lock = await disk.lock('lock');
      await expect(disk.lock('lock')).rejects.toMatchObject({ code: 'volume.locked' });
      const other = await disk.lock('other');
      await lock.release();
      await lock.release();
      const again = await disk.lock('lock');
      await lock.release();
      await expect(disk.lock('lock')).rejects.toMatchObject({ code: 'volume.locked' });
      await again.release();
      await other.release();
    });
  });
}
