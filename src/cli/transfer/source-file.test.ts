import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSource } from './source-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-source-'));
  path = join(folder, 'file');
  await writeFile(path, Buffer.alloc(3 * 2 ** 20, 'abc'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

test('a range is read as often as somebody asks for it', async () => {
  await using source = await openSource(path);
  const body = source.body(1, 2 ** 20 + 5);
  expect([body.bytes, source.bytes]).toEqual([2 ** 20 + 4, 3 * 2 ** 20]);
  const first = await read(body.open());
  expect(first).toHaveLength(2 ** 20 + 4);
  expect([first.slice(0, 4), await read(body.open())]).toEqual(['bcab', first]);
  await source.expectUnchanged();
});

test('one that is written to, or cut, is not copied as if it were one', async () => {
  await using source = await openSource(path);
  await writeFile(path, 'x', { flag: 'a' });
  await expect(source.expectUnchanged()).rejects.toMatchObject({ code: 'conflict' });
  await truncate(path, 10);
  await expect(read(source.body(0, 20).open())).rejects.toThrow('was changed while it was copied');
});

test('one that is replaced by another is copied as it was when it was opened', async () => {
  await using source = await openSource(path);
  await writeFile(join(folder, 'other'), 'other');
  await rename(join(folder, 'other'), path);
  expect((await read(source.body(0, 6).open())).slice(0, 6)).toBe('abcabc');
  const { version } = await openSource(path);
  expect(version).not.toBe(source.version);
});

test('what is no file is refused', async () => {
  await expect(openSource(folder)).rejects.toThrow('is no file; give --recursive');
  await expect(openSource('/dev/null')).rejects.toThrow('is no file');
  await expect(openSource(join(folder, 'none'))).rejects.toMatchObject({ code: 'request.invalid' });
});
