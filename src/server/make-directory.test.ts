import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-make-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a directory that a user names', () => {
  it('is made with the parents that it lacks, for its owner only', async () => {
    await makeDirectory(join(folder, 'a/b/c'));
    for (const path of ['a', 'a/b', 'a/b/c']) expect((await stat(join(folder, path))).mode & 0o777).toBe(0o700);
  });

  it('may be there, and may be made by several at once', async () => {
    const path = join(folder, 'a/b/c');
    await Promise.all(Array.from({ length: 8 }, () => makeDirectory(path)));
    await makeDirectory(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('may lie behind a link', async () => {
    await symlink(folder, join(folder, 'link'));
    await makeDirectory(join(folder, 'link/a'));
    expect((await stat(join(folder, 'a'))).isDirectory()).toBe(true);
  });

  it.each([
    ['where a file is', 'file', /EEXIST/],
    ['below a file', 'file/a/b', /ENOTDIR/],
    ['behind a link to nowhere', 'nowhere', /ENOENT/],
  ])('is refused %s', async (_, path, reason) => {
    await writeFile(join(folder, 'file'), '');
    await symlink(join(folder, 'missing'), join(folder, 'nowhere'));
    const refused = { code: 'request.invalid', message: expect.stringMatching(reason) as unknown };
    await expect(makeDirectory(join(folder, path))).rejects.toMatchObject(refused);
  });

  it.runIf(process.platform === 'linux')('is refused where the file system makes none', async () => {
    for (const path of ['/proc/copyset', '/proc/copyset/a', '/sys/copyset/a'])
      await expect(makeDirectory(path)).rejects.toMatchObject({ code: 'request.invalid' });
  });
});
