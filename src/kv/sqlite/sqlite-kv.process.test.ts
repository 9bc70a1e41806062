/** Why: what only a real process and a real kernel can show: kill -9, a sync that fails, a disk that is full. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { systemRandom } from '../../base/random.ts';
import { quickCheck } from './catalog-file.ts';
import { openSqliteKv, type SqliteKv } from './sqlite-kv.ts';

const directory = mkdtempSync(join(tmpdir(), 'copyset-sqlite-process-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Commits from several clients; prints `ok REVISION KEY` for each acknowledgement and `CODE KEY` for each refusal. */
const committer = `
  const [path, name, commits] = process.argv.slice(1);
  const { openSqliteKv } = await import(${JSON.stringify(new URL('./sqlite-kv.ts', import.meta.url).href)});
  const { systemRandom } = await import(${JSON.stringify(new URL('../../base/random.ts', import.meta.url).href)});
  const kv = await openSqliteKv({ path, random: systemRandom, synchronous: 'full' });
  const client = async (number) => {
    for (let at = 0; at < commits; at++) {
      const key = name + '-' + number + '-' + at;
      const value = Buffer.from(key.repeat(10));
      const answer = await kv.commit({ put: [{ key: Buffer.from(key), value }] })
        .then((result) => 'ok ' + result.revision, (error) => error.code);
      process.stdout.write(answer + ' ' + key + '\\n');
    }
  };
  await Promise.all([0, 1, 2, 3].map(client));
  await kv.close();
`;

const nodeArguments = (...rest: string[]) => ['--input-type=module', '-e', committer, ...rest];

async function linesUntilExit(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  reader.on('line', (line) => lines.push(line));
  await Promise.all([once(child, 'close'), once(reader, 'close')]);
  return lines;
}

test('nothing acknowledged is lost or torn by kill -9', async () => {
  const path = join(directory, 'killed.db');
  const acknowledged: string[] = [];
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, nodeArguments(path, String(round), '100000'), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = linesUntilExit(child);
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, 20 + systemRandom.integer(150)));
    child.kill('SIGKILL');
    acknowledged.push(...(await lines).filter((line) => line.startsWith('ok ')));
  }
  await quickCheck(path);
  const kv = await openSqliteKv({ path, random: systemRandom });
  for (const line of acknowledged) {
    const [, revision, key] = line.split(' ') as [string, string, string];
    const entry = await kv.get(utf8(key));
    expect(entry, line).toEqual({ key: utf8(key), value: utf8(key.repeat(10)), revision: Number(revision) });
  }
  expect(acknowledged.length).toBeGreaterThan(100);
  await kv.close();
});

const strace = spawnSync('strace', ['-V']).error === undefined;

test.skipIf(!strace)('after a failed sync nothing more is acknowledged (needs strace)', async () => {
  const path = join(directory, 'failing.db');
  const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fdatasync,fsync:error=EIO:when=40+'];
  const command = [...inject, process.execPath, ...nodeArguments(path, 'failing', '60')];
  const lines = await linesUntilExit(spawn('strace', command, { stdio: ['ignore', 'pipe', 'inherit'] }));
  const answers = lines.map((line) => line.split(' ')[0]);
  const firstFailure = answers.findIndex((answer) => answer !== 'ok');
  expect(answers).toHaveLength(240);
  expect(firstFailure).toBeGreaterThan(0);
  expect(answers[firstFailure]).toBe('kv.unknown_outcome');
  expect(new Set(answers.slice(firstFailure))).toEqual(new Set(['kv.unknown_outcome', 'disk.io']));
  expect(answers.at(-1)).toBe('disk.io');
});

const mountPoint = join(directory, 'small');
spawnSync('mkdir', [mountPoint]);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', mountPoint]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', [mountPoint]);
});

const filler = join(mountPoint, 'filler');
const fillUp = () => expect(() => writeFileSync(filler, Buffer.alloc(64 * 1024 * 1024))).toThrow('ENOSPC');

test.skipIf(!mounted)(
  'a full disk refuses writes, serves reads, and writes go on when there is room (needs mount)',
  async () => {
    const path = join(mountPoint, 'catalog.db');
    const kv = await openSqliteKv({ path, random: systemRandom, synchronous: 'full' });
    const put = (key: string) => kv.commit({ put: [{ key: utf8(key), value: systemRandom.bytes(20_000) }] });
    await put('first');
    fillUp();
    const refused = expect.objectContaining({ code: 'disk.full' });
    for (const key of ['second', 'third']) await expect(put(key)).rejects.toEqual(refused);
    expect(await kv.get(utf8('first'))).toBeDefined();
    expect(await kv.get(utf8('second'))).toBeUndefined();
    rmSync(filler);
    expect(await put('second')).toEqual({ committed: true, revision: 2 });
    await kv.close();
    await quickCheck(path);
  },
);

describe.skipIf(!mounted)('with a reserve (needs mount)', () => {
  const reserveBytes = 8 * 1024 * 1024;
  const path = join(mountPoint, 'reserved.db');
  let kv: SqliteKv;

  beforeEach(async () => {
    kv = await openSqliteKv({ path, random: systemRandom, reserveBytes });
  });
  afterEach(async () => {
    await kv.close();
    await quickCheck(path);
    for (const name of readdirSync(mountPoint)) rmSync(join(mountPoint, name));
  });

  const put = (key: string) => kv.commit({ put: [{ key: utf8(key), value: systemRandom.bytes(4000) }] });

  test('a full disk still takes what makes room, through a start too, and all when there is room again', async () => {
    for (let at = 0; at < 100; at++) await put(`key ${at}`);
    fillUp();
    for (let at = 100; !kv.isFull; at++) await put(`key ${at}`);
    await kv.close();
    kv = await openSqliteKv({ path, random: systemRandom, reserveBytes });
    for (let at = 0; at < 100; at++)
      expect(await kv.commit({ delete: [utf8(`key ${at}`)] })).toMatchObject({ committed: true });
    await kv.tend();
    expect(kv.isFull).toBe(true);
    rmSync(filler);
    await kv.tend();
    expect(kv.isFull).toBe(false);
  });

  test('a full disk lets a store be opened that has its reserve', async () => {
    await put('key');
    await kv.close();
    fillUp();
    kv = await openSqliteKv({ path, random: systemRandom, reserveBytes });
    expect(await kv.get(utf8('key'))).toBeDefined();
    expect(await kv.commit({ delete: [utf8('key')] })).toMatchObject({ committed: true });
  });

  test('a store that filled its disk by itself has room when enough of it is deleted', async () => {
    let puts = 0;
    for (; !kv.isFull; puts++) await put(`key ${puts}`);
    for (let at = 0; at < puts; at++) await kv.commit({ delete: [utf8(`key ${at}`)] });
    await kv.trim((await kv.status()).revision);
    for (let round = 0; round < 20 && kv.isFull; round++) await kv.tend();
    expect(kv.isFull).toBe(false);
    expect(puts).toBeGreaterThan(100);
  });
});
