import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UploadStates } from './upload-states.ts';

const name = { endpoint: 'http://x', bucket: 'b', key: 'k', path: '/p' };
const state = { uploadId: 'u', version: 'v', partBytes: 5, digest: 'd' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-states-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('what was kept is found until it is forgotten, by all of its name', async () => {
  const states = new UploadStates(join(folder, 'deep/er'));
  expect(await states.find(name)).toBeUndefined();
  await states.keep(name, state);
  expect(await states.find(name)).toEqual(state);
  for (const other of [{ endpoint: 'y' }, { bucket: 'c' }, { key: 'kk' }, { path: '/q' }])
    expect(await states.find({ ...name, ...other })).toBeUndefined();
  await states.forget(name);
  await states.forget(name);
  expect([await states.find(name), await readdir(join(folder, 'deep/er'))]).toEqual([undefined, []]);
});

test('what cannot be read as one is none', async () => {
  const states = new UploadStates(folder);
  await states.keep(name, state);
  const [file = ''] = await readdir(folder);
  for (const text of ['', '{', '{}', '{"uploadId":1,"version":"v","partBytes":5,"digest":"d"}']) {
    await writeFile(join(folder, file), text);
    expect([text, await states.find(name)]).toEqual([text, undefined]);
  }
});

test('where nothing can be kept it says what to do', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(new UploadStates(join(folder, 'file')).keep(name, state)).rejects.toMatchObject({
    code: 'request.invalid',
    message: expect.stringContaining('give --state-dir') as unknown,
  });
});
