import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import type { ErrorCode } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import { kvConformance } from '../kv.conformance.ts';
import type { Kv } from '../kv.ts';
import { stagingConformance } from '../staging.conformance.ts';
import { quickCheck } from './catalog-file.ts';
import { sqliteError } from './errors.ts';
import { refuseOldSqlite } from './schema.ts';
import { openSqliteKv, type SqliteKv } from './sqlite-kv.ts';

const directory = mkdtempSync(join(tmpdir(), 'copyset-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true }));
const random = seededRandom(1);
const paths = new Map<Kv, string>();

const newPath = () => join(directory, `catalog-${paths.size}-${random.integer(1e9)}.db`);

async function openAt(path: string, synchronous: 'normal' | 'full' = 'normal'): Promise<SqliteKv> {
  const kv = await openSqliteKv({ path, random, synchronous });
  paths.set(kv, path);
  return kv;
}

const pathOf = (kv: Kv) => paths.get(kv) as string;
const openNew = () => openAt(newPath());

kvConformance('sqlite', () => openAt(newPath(), 'full'), {
  dense: true,
  runs: 40,
  reopen: (closed) => openAt(pathOf(closed), 'full'),
});
stagingConformance('sqlite', openNew, { runs: 30 });

describe('sqlite', () => {
  test('what was acknowledged is in the files as they are, without a close', async () => {
    const kv = await openAt(newPath(), 'full');
    await Promise.all(Array.from({ length: 300 }, (_, at) => kv.commit({ put: [pair(`key ${at}`)] })));
    const staged = await kv.stage([{ put: [pair('unseen')] }]);
    const copy = await openAt(copyOf(kv));
    expect((await copy.range({ from: utf8('key'), limit: 1000 })).entries).toHaveLength(300);
    expect(await copy.get(utf8('unseen'))).toBeUndefined();
    expect(await copy.status()).toEqual(await kv.status());
    await staged.accept();
    await Promise.all([kv.close(), copy.close()]);
  });

  test('a crash in the middle of a restore leaves a store that says revision 0', async () => {
    const [source, target] = [await openNew(), await openNew()];
    for (let at = 0; at < 6; at++)
      await source.commit({ put: Array.from({ length: 100 }, (_, n) => pair(`${at} ${n}`)) });
    const { status, batches } = await source.snapshot();
    const copies: string[] = [];
    async function* watched() {
      for await (const batch of batches) {
        await expect(target.get(utf8('0 0'))).rejects.toMatchObject({ code: 'busy' });
        copies.push(copyOf(target));
        yield batch;
      }
    }
    await target.restore({ status, batches: watched() });
    for (const path of copies) {
      const crashed = await openAt(path);
      expect(await crashed.status()).toMatchObject({ revision: 0, trimmedTo: 0 });
      expect((await crashed.range({ from: utf8(''), limit: 1 })).entries).toEqual([]);
      await crashed.close();
    }
    expect(copies.length).toBeGreaterThan(1);
    await Promise.all([source.close(), target.close()]);
  });

  test('many trims keep the write-ahead log short and the log cut', async () => {
    const kv = await openNew();
    for (let at = 1; at <= 1500; at++) await kv.commit({ put: [pair('key', 4000)] });
    await kv.trim(1400);
    expect(await kv.changes(1400, 1000)).toHaveLength(100);
    expect(statSync(`${pathOf(kv)}-wal`).size).toBeLessThan(40 * 1024 * 1024);
    await kv.close();
    expect(() => statSync(`${pathOf(kv)}-wal`)).toThrow('ENOENT');
  });

  test('a snapshot ends with its store', async () => {
    const kv = await openNew();
    for (let at = 0; at < 4; at++) await kv.commit({ put: Array.from({ length: 100 }, (_, n) => pair(`${at} ${n}`)) });
    const batches = (await kv.snapshot()).batches[Symbol.asyncIterator]();
    await batches.next();
    await kv.close();
    await refused(batches.next(), 'closed');
  });

  test('the files are for their owner only', async () => {
    const kv = await openNew();
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(pathOf(kv) + suffix).mode & 0o777).toBe(0o600);
    await kv.close();
  });

  test.each([
    ['the database is deleted', (path: string) => rmSync(path)],
    ['its write-ahead log is deleted', (path: string) => rmSync(`${path}-wal`)],
    ['another file takes its place', (path: string) => replace(path)],
  ])('when %s while it is open, nothing more is acknowledged', async (_, destroy) => {
    const kv = await openNew();
    await kv.commit({ put: [pair('a')] });
    expect(await kv.get(utf8('a'))).toBeDefined();
    const batch = await kv.stage([{ put: [pair('b')] }]);
    destroy(pathOf(kv));
    await refused(batch.accept(), 'catalog.damaged');
    await refused(kv.get(utf8('a')), 'catalog.damaged'); // though it was read before
    await refused(kv.commit({ put: [pair('c')] }), 'catalog.damaged');
    await refused(kv.status(), 'catalog.damaged');
    await kv.close();
  });
});

describe('sqlite: files that are not as they should be', () => {
  test('a file that is no database is damaged', async () => {
    const path = newPath();
    writeFileSync(path, Buffer.alloc(8192, 7));
    await refused(openAt(path), 'catalog.damaged');
  });

  test('damage in the middle is found by the check and by the reads that meet it', async () => {
    const path = await damaged();
    await refused(quickCheck(path), 'catalog.damaged');
    const kv = await openAt(path);
    await refused(kv.range({ from: utf8(''), limit: 1000 }), 'catalog.damaged');
    await kv.close();
  });

  test('the check passes on a good file, in use or not', async () => {
    const kv = await openNew();
    await kv.commit({ put: [pair('a')] });
    await quickCheck(pathOf(kv));
    await kv.close();
    await quickCheck(pathOf(kv));
  });

  test('a file cut to nothing is a new store', async () => {
    const kv = await openNew();
    await kv.commit({ put: [pair('a')] });
    await kv.close();
    truncateSync(pathOf(kv), 0);
    const again = await openAt(pathOf(kv));
    expect(await again.status()).toMatchObject({ revision: 0 });
    await again.close();
  });

  test('a database of somebody else is refused and stays as it is', async () => {
    const path = newPath();
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE theirs (x)');
    await refused(openAt(path), 'volume.foreign');
    expect(foreign.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1);
    foreign.close();
  });

  test('a newer format is refused', async () => {
    const kv = await openNew();
    await kv.close();
    const newer = new DatabaseSync(pathOf(kv));
    newer.exec("UPDATE meta SET value = 2 WHERE name = 'format'");
    newer.close();
    await refused(openAt(pathOf(kv)), 'format.unknown_version');
  });

  test('a directory that does not exist is refused', () => refused(openAt('/nowhere/catalog.db'), 'disk.io'));

  test('SQLite before 3.51.3 is refused', () => {
    for (const version of ['3.51.2', '3.50.9', '2.99.9']) expect(() => refuseOldSqlite(version)).toThrow('3.51.3');
    for (const version of ['3.51.3', '3.53.0', '4.0.0']) refuseOldSqlite(version);
  });

  test("a full disk is told apart by SQLite's code", () => {
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE t (x); PRAGMA max_page_count = 2');
    const fill = () => database.exec('INSERT INTO t VALUES (randomblob(100000))');
    expect(() => fill()).toThrow('full');
    expect(sqliteError(caught(fill), 'path').code).toBe('disk.full');
    expect(sqliteError(new TypeError('wrong'), 'path').code).toBe('bug');
    database.close();
  });
});

const pair = (key: string, valueBytes = 10) => ({ key: utf8(key), value: random.bytes(valueBytes) });

function copyOf(kv: Kv): string {
  const copy = newPath();
  for (const suffix of ['', '-wal']) copyFileSync(pathOf(kv) + suffix, copy + suffix);
  return copy;
}

function replace(path: string): void {
  copyFileSync(path, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** A store of some hundred pages with one of them overwritten. */
async function damaged(): Promise<string> {
  const kv = await openNew();
  for (let at = 0; at < 200; at++) await kv.commit({ put: [pair(`key ${at}`, 2000)] });
  await kv.close();
  const path = pathOf(kv);
  const database = new DatabaseSync(path);
  const { pageno } =
    database.prepare("SELECT pageno FROM dbstat WHERE name = 'entries' AND pagetype = 'leaf' LIMIT 1").get() ?? {};
  database.close();
  const image = readFileSync(path);
  image.fill(0xa5, (Number(pageno) - 1) * 4096, Number(pageno) * 4096);
  writeFileSync(path, image);
  return path;
}

function caught(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail('it did not throw');
}

async function refused(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'CopysetError', code });
}
