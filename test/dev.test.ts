import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { S3Client } from './support/client.ts';
import { CopysetProgram, copyset, launchDev, startDev, whenReady } from './support/dev-process.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-dev-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('says when it is ready, in one line and nothing else', async () => {
  await using dev = await startDev(folder);
  expect(Object.keys(dev.ready)).toEqual([
    'endpoint',
    'admin',
    'metrics',
    'accessKeyId',
    'secretAccessKey',
    'pid',
    'volumes',
  ]);
  expect(dev.ready.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(dev.ready.volumes).toHaveLength(4);
  expect(() => process.kill(dev.ready.pid, 0)).not.toThrow();
  expect([dev.out.trimEnd().split('\n').length, dev.err]).toEqual([1, '']);
});

test.each(['SIGTERM', 'SIGINT'] as const)('drains at %s, exits 0, and goes on when started again', async (signal) => {
  await using dev = await startDev(folder);
  const { ready } = dev;
  expect(await dev.end(signal)).toBe(0);
  await using again = await startDev(folder);
  expect(again.ready).toMatchObject({ accessKeyId: ready.accessKeyId, secretAccessKey: ready.secretAccessKey });
  expect(again.ready.volumes.map(({ id }) => id).toSorted()).toEqual(ready.volumes.map(({ id }) => id).toSorted());
});

test('drains though a signal arrives twice, as from a terminal and through npm', async () => {
  const program = launchDev(folder, []);
  await whenReady(program);
  program.signal('SIGINT');
  program.signal('SIGTERM');
  program.signal('SIGINT');
  expect(await program.ended).toBe(0);
});

test('told to stop while it waits for journals, it ends at once, and goes on when they are back', async () => {
  const dev = await startDev(folder);
  const away = (await dev.status()).catalog.journals.slice(0, 2).map(({ path }) => path);
  await dev.end();
  for (const path of away) await rename(path, `${path}-away`);
  const program = launchDev(folder, []);
  await expect.poll(() => program.err, { timeout: 10_000 }).toContain('the store cannot start');
  const before = performance.now();
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(performance.now() - before).toBeLessThan(2_000);
  expect([program.out, program.err]).toEqual(['', expect.stringContaining('told to stop before the store was ready')]);
  for (const path of away) await rename(`${path}-away`, path);
  await using again = await startDev(folder);
  expect((await again.status()).problems).toEqual([]);
});

test('goes on after kill -9', async () => {
  await using dev = await startDev(folder);
  expect(await dev.end('SIGKILL')).toBeNull();
  await using again = await startDev(folder);
  expect(again.ready.accessKeyId).toBe(dev.ready.accessKeyId);
});

test('as many volumes and copies as asked for; M is 3, or N if smaller', async () => {
  await using dev = await startDev(folder, '--volumes', '2');
  expect(dev.ready.volumes).toHaveLength(2);
  expect(await dev.status()).toMatchObject({ copies: 2, writeQuorum: 2, state: 'serving' });
});

test.each([
  [[], 'fast', 'it can run here'],
  [['--s3-front', 'portable'], 'portable', 'as configured'],
])('speaks HTTP as told by %j, and says how and why', async (given, kind, reason) => {
  await using dev = await startDev(folder, ...given);
  expect((await dev.status()).front).toMatchObject({ kind, reason });
  expect((await fetch(dev.ready.endpoint)).status).toBe(403);
});

test('keeps as many copies as it began with', async () => {
  await using dev = await startDev(folder, '--replicas', '2');
  expect(await dev.end()).toBe(0);
  const other = await copyset('dev', '--json', '--listen', '127.0.0.1:0', '--dir', folder, '--replicas', '3');
  expect([other.code, other.out]).toEqual([2, '']);
  expect(other.err).toContain('this store keeps 2 copies');
  await using again = await startDev(folder);
  expect(await again.status()).toMatchObject({ copies: 2 });
});

test('names its blocks by BLAKE3, or by the hash that it began with', async () => {
  await using dev = await startDev(folder, '--name-hash', 'sha256');
  using client = new S3Client(dev.ready);
  await client.createBucket('bucket');
  await client.put('bucket', 'key', Buffer.from('abc'));
  const shown = await copyset('object', 'verify', 'bucket/key', '--dir', folder, '--json');
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(JSON.parse(shown.out)).toMatchObject({ block: `${digest}12`, digest: { hash: 'sha256', hex: digest } });
  expect(await dev.end()).toBe(0);
  const other = await copyset('dev', '--json', '--listen', '127.0.0.1:0', '--dir', folder, '--name-hash', 'blake3');
  expect([other.code, other.out]).toEqual([2, '']);
  expect(other.err).toContain('this store names its blocks by sha256');
  await using again = await startDev(folder);
  expect(await again.status()).toMatchObject({ nameHash: { names: 'sha256', engine: 'native' } });
  await using fresh = await startDev(join(folder, 'fresh'));
  expect(await fresh.status()).toMatchObject({ nameHash: { names: 'blake3' } });
});

test('a path that can be no directory is named', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  for (const path of [file, join(file, 'store')]) {
    const { code, out, err } = await copyset('dev', '--json', '--listen', '127.0.0.1:0', '--dir', path);
    expect([code, out, JSON.parse(err)]).toMatchObject([2, '', { error: { code: 'request.invalid' } }]);
    expect(err).toContain(path);
  }
});

test('nobody else may look into its directory', async () => {
  const deep = join(folder, 'store');
  await using dev = await startDev(deep);
  expect((await stat(deep)).mode & 0o777).toBe(0o700);
  for (const { path } of dev.ready.volumes) expect((await stat(path)).mode & 0o777).toBe(0o700);
  const secrets = (await readdir(deep)).filter((name) => /key/.test(name));
  expect(secrets).not.toEqual([]);
  for (const name of secrets) expect((await stat(join(deep, name))).mode & 0o777).toBe(0o600);
});

test('a second process on the same directory is refused', async () => {
  await using dev = await startDev(folder);
  const second = await copyset('dev', '--json', '--listen', '127.0.0.1:0', '--dir', folder);
  expect([second.code, second.out]).toEqual([2, '']);
  expect(second.err).toContain('another process serves this directory');
  expect(await dev.status()).toMatchObject({ state: 'serving' });
});

test('a port in use is named', async () => {
  await using dev = await startDev(folder);
  const listen = new URL(dev.ready.endpoint).host;
  const second = await copyset('dev', '--dir', join(folder, 'other'), '--listen', listen);
  expect([second.code, second.out]).toEqual([2, '']);
  expect(second.err).toContain(listen);
});

test('takes an IPv6 address, and any free port of it', async () => {
  await using dev = await startDev(folder, '--listen', '[::1]:0', '--metrics-listen', '[::1]:0');
  expect(dev.ready.endpoint).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(dev.ready.endpoint)).status).toBe(403);
  expect((await fetch(new URL('/readyz', dev.ready.metrics))).status).toBe(200);
});

test('a person gets endpoint, keys and lines to paste', async () => {
  const program = new CopysetProgram(['dev', '--dir', folder, '--listen', '127.0.0.1:0']);
  await program.printed('Ctrl-C');
  program.signal('SIGINT');
  expect(await program.ended).toBe(0);
  expect(program.out).toMatch(/export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+ .*AWS_ACCESS_KEY_ID=\w+ /);
  expect(program.out).toContain('aws s3 mb s3://');
});
