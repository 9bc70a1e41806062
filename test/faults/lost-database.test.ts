/**
 * Why: the catalog's database holds nothing that the journals do not: whether it is deleted under a running store or
 * comes back from its disk with other bytes, it is made anew without anybody's hand. There is no long form.
 */
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDev } from '../support/dev-process.ts';
import { KnownObjects } from './known-objects.ts';

const pageBytes = 4096;

describe("the catalog's database", () => {
  let folder: string;
  let database: string;
  let objects: KnownObjects;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-database-'));
    database = join(folder, 'catalog', 'catalog.sqlite');
    objects = await KnownObjects.begin(await startDev(folder));
    await objects.put(100, 1000);
  });

  afterEach(async () => {
    await objects[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('deleted while it is open: the store is away for a moment, at the same place', async () => {
    await rm(database);
    await objects.putWithin(20_000, 1000);
    await objects.put(20, 1000);
    await objects.verify();
    expect(objects.dev.err).toContain('the store is started again');
  });

  test('damaged behind its first page: the next start makes it anew', async () => {
    expect(await objects.dev.end()).toBe(0);
    await overwrite(database, pageBytes);
    objects = objects.on(await startDev(folder));
    await objects.verify();
    await objects.put(20, 1000);
    expect(await readdir(join(folder, 'catalog'))).toContain('catalog.sqlite.damaged');
  });
});

/** All of it from there on. */
async function overwrite(path: string, from: number): Promise<void> {
  const { size } = await stat(path);
  await using file = await open(path, 'r+');
  await file.write(Buffer.alloc(size - from, 0xa5), 0, size - from, from);
}
