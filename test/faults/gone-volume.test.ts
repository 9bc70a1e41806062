/**
 * Why: while a volume is away in its grace, whoever asks must be told of every block that lacks a copy because of it.
 */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDev } from '../support/dev-process.ts';
import { KnownObjects } from './known-objects.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-gone-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('a volume in its grace: status counts its blocks, through a start too, and none when it is back', async () => {
  const start = () => startDev(folder, '--lost-after', '10min');
  let objects = await KnownObjects.begin(await start());
  try {
    await objects.put(200, 1_000);
    await objects.healed();
    const [first] = (await objects.dev.status()).volumes;
    const [path, held] = [first?.path ?? '', first?.blocks ?? 0];
    expect(held).toBeGreaterThan(100);
    await rename(path, `${path}-away`);
    await objects.settled(({ volumes }) => volumes[0]?.state === 'gone');
    expect(await objects.dev.status()).toMatchObject({
      underReplicatedBlocks: held,
      volumes: [{ blocks: held }, {}, {}, {}],
    });

    await objects.dev.end('SIGKILL');
    objects = objects.on(await start());
    await objects.settled(({ volumes }) => volumes[0]?.state === 'gone');
    const { underReplicatedBlocks } = await objects.dev.status();
    expect(Math.abs(underReplicatedBlocks - held)).toBeLessThan(0.25 * held);

    await rename(`${path}-away`, path);
    await objects.healed();
    await objects.verify();
  } finally {
    await objects[Symbol.asyncDispose]();
  }
});
