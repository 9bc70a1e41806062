import { expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { MemoryKv } from './memory-kv.ts';
import { MemoryKvFile } from './memory-kv-file.ts';

const random = seededRandom(1);
const key = utf8('key');

async function filled(commits: number): Promise<MemoryKvFile> {
  const file = new MemoryKvFile('incarnation');
  const kv = new MemoryKv({ random, file });
  for (let at = 1; at <= commits; at++) await kv.commit({ put: [{ key, value: utf8(String(at)) }] });
  return file;
}

test('a store opened over the file of another goes on where that was', async () => {
  const kv = new MemoryKv({ random, file: await filled(3) });
  expect(await kv.get(key)).toEqual({ key, value: utf8('3'), revision: 3 });
  expect(await kv.status()).toEqual({ revision: 3, trimmedTo: 0, incarnation: 'incarnation' });
  expect(await kv.commit({ delete: [key] })).toEqual({ committed: true, revision: 4 });
});

test('whoever had the file before can do nothing more, a staged batch included', async () => {
  const file = await filled(1);
  const dead = new MemoryKv({ random, file });
  const staged = await dead.stage([{ delete: [key] }]);
  const alive = new MemoryKv({ random, file });
  await expect(staged.accept()).rejects.toMatchObject({ code: 'closed' });
  await expect(dead.get(key)).rejects.toMatchObject({ code: 'closed' });
  expect(await alive.get(key)).toMatchObject({ revision: 1 });
});

test('a power cut takes back whole batches, with their changes', async () => {
  const file = await filled(2);
  const kv = new MemoryKv({ random, file });
  const batch = await kv.stage([{ put: [{ key, value: utf8('a') }] }, { put: [{ key, value: utf8('b') }] }]);
  await batch.accept();
  expect(file.survivingRevisions).toEqual([0, 1, 2, 4]);
  file.rollbackTo(3);
  const after = new MemoryKv({ random, file });
  expect(await after.get(key)).toMatchObject({ value: utf8('2'), revision: 2 });
  expect((await after.changes(0, 10)).map(({ revision }) => revision)).toEqual([1, 2]);
  expect(await after.commit({ delete: [key] })).toEqual({ committed: true, revision: 3 });
});

test('what was trimmed or is older than the newest 64 batches is durable', async () => {
  const file = await filled(100);
  file.rollbackTo(0);
  expect(file.status.revision).toBe(37);
  await new MemoryKv({ random, file }).trim(37);
  file.rollbackTo(0);
  expect(file.status).toMatchObject({ revision: 37, trimmedTo: 37 });
});

test('a clone is independent of its original', async () => {
  const file = await filled(2);
  const copy = file.clone();
  await new MemoryKv({ random, file }).commit({ delete: [key] });
  const kv = new MemoryKv({ random, file: copy });
  expect(await kv.get(key)).toMatchObject({ revision: 2 });
  expect(await kv.changes(0, 10)).toHaveLength(2);
});
