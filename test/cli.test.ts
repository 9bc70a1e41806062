import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BlockCopies, JobProgress, VolumeStatus } from '../src/admin/contract.ts';
import { S3Client } from './support/client.ts';
import { copyset, type DevProcess, startDev } from './support/dev-process.ts';
import { bytesOf } from './support/load/content.ts';

const keys = Array.from({ length: 4 }, (_, at) => `shard-${at}`);
let folder: string;
let dev: DevProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-cli-'));
  dev = await startDev(join(folder, 'store'));
  using client = new S3Client(dev.ready);
  await client.createBucket('models');
  for (const [seed, key] of keys.entries()) await client.put('models', key, bytesOf({ seed, bytes: 100_000 }));
});

afterAll(async () => {
  await dev.end('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Runs a command on the store; what it printed, line by line. */
async function command<Line>(...args: readonly string[]) {
  const { code, out, err } = await copyset(...args, '--dir', join(folder, 'store'), '--json');
  const lines = out.split('\n').filter((line) => line !== '');
  return { code, err, lines: lines.map((line) => JSON.parse(line) as Line) };
}

async function stateOf(path: string): Promise<string | undefined> {
  return (await dev.status()).volumes.find((volume) => volume.path === path)?.state;
}

/** The paths that hold good copies of the objects. */
async function verifiedPaths(): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const key of keys) {
    const { code, lines, err } = await command<BlockCopies>('object', 'verify', `models/${key}`);
    expect(code, err).toBe(0);
    for (const { copies } of lines) for (const { path } of copies) paths.add(path);
  }
  return paths;
}

test('a catalog is whole when the journals of its set are, whoever else has one or none', async () => {
  for (const state of ['served', 'stopped']) {
    const { code, lines } = await command<JobProgress>('catalog', 'verify');
    expect([state, code], lines.at(-1)?.error).toEqual([state, 0]);
    if (state === 'served') await dev.end();
  }
  dev = await startDev(join(folder, 'store'));
});

test('volumes come, are emptied and go, and every copy stays good', async () => {
  const extra = join(folder, 'extra');
  const added = await command<VolumeStatus>('volume', 'add', extra);
  expect([added.code, added.lines.map(({ path, state }) => [path, state])]).toEqual([0, [[extra, 'active']]]);

  const [first = '', second = ''] = dev.ready.volumes.map(({ path }) => path);
  const drained = await command<JobProgress>('volume', 'drain', first);
  expect([drained.code, drained.lines.at(-1)?.state, await stateOf(first)]).toEqual([0, 'done', 'drained']);
  expect(await verifiedPaths()).not.toContain(first);

  const retired = await command<JobProgress>('volume', 'retire', second);
  expect([retired.code, retired.lines.at(-1)?.state, await stateOf(second)]).toEqual([0, 'done', 'retired']);
  expect([...(await verifiedPaths())]).toHaveLength(3);

  const third = dev.ready.volumes[2]?.path ?? '';
  const refused = await command<JobProgress>('volume', 'drain', third);
  expect([refused.code, refused.lines.at(-1)?.error]).toEqual([3, expect.stringContaining('add a volume first')]);
  expect(await stateOf(third)).toBe('active');
});

test('an empty directory that is none is refused', async () => {
  const { code, err } = await command('volume', 'add', join(folder, 'store', 'catalog'));
  expect(code, err).toBe(2);
});

test('heal and scrub end when all is read and well', async () => {
  for (const args of [['volume', 'heal'], ['scrub']]) {
    const { code, lines, err } = await command<JobProgress>(...args);
    expect([code, lines.at(-1)?.state], err).toEqual([0, 'done']);
  }
  expect(await dev.status()).toMatchObject({ underReplicatedBlocks: 0 });
});

test('an object that is not there is bad input', async () => {
  const { code, err } = await command('object', 'locations', 'models/none');
  expect([code, JSON.parse(err)]).toEqual([2, { error: expect.objectContaining({ code: 'not_found' }) as unknown }]);
});

test('the catalog is verified while it is served, and rebuilt while it is not', async () => {
  const verified = await command<JobProgress>('catalog', 'verify');
  expect([verified.code, verified.lines.at(-1)?.state], verified.lines.at(-1)?.error).toEqual([0, 'done']);
  expect(await dev.end()).toBe(0);
  for (const verb of ['verify', 'rebuild', 'verify']) {
    const { code, lines, err } = await command<JobProgress>('catalog', verb);
    expect([verb, code, lines.at(-1)?.state], lines.at(-1)?.error ?? err).toEqual([verb, 0, 'done']);
  }
  dev = await startDev(join(folder, 'store'));
  using client = new S3Client(dev.ready);
  for (const [seed, key] of keys.entries()) {
    expect((await client.get('models', key))?.body.equals(bytesOf({ seed, bytes: 100_000 }))).toBe(true);
  }
});
