/**
 * Why: the journals rot under a running store, all of them at once: a scrub heals them while the store has everything,
 * so that the next start needs neither its database nor more journals than ever. There is no long form.
 */
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { copyset, startDev } from '../support/dev-process.ts';
import { KnownObjects } from './known-objects.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-rot-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('journals that rot in use are healed by a scrub, and the next start needs only most of them', async () => {
  let objects = await KnownObjects.begin(await startDev(folder));
  try {
    await objects.put(100, 1_000);
    const { journals } = (await objects.dev.status()).catalog;
    for (const { path } of journals) await harmRecord(path);
    expect((await copyset('catalog', 'verify', '--dir', folder)).code).not.toBe(0);

    const { out } = await copyset('scrub', '--json', '--dir', folder);
    for (const { path } of journals) expect(out).toContain(`${path}/log-`);
    await objects.put(20, 1_000);
    while ((await copyset('catalog', 'verify', '--dir', folder)).code !== 0) await systemClock.sleep(200);
    expect((await objects.dev.status()).problems).toEqual([]);
    expect(objects.dev.err).toContain('a journal of the catalog is damaged');

    await objects.dev.end('SIGKILL');
    await rename(journals[0]?.path ?? '', `${journals[0]?.path}-away`);
    await rm(join(folder, 'catalog'), { recursive: true });
    objects = objects.on(await startDev(folder));
    await objects.verify();
    await objects.put(20, 1_000);
  } finally {
    await objects[Symbol.asyncDispose]();
  }
});

/** In the middle of the log that is written. */
async function harmRecord(journal: string): Promise<void> {
  const name =
    (await readdir(journal))
      .filter((one) => /^log-\d+$/.test(one))
      .toSorted()
      .at(-1) ?? '';
  const file = await open(join(journal, name), 'r+');
  const { size } = await file.stat();
  await file.write(Buffer.alloc(64, 0xaa), 0, 64, Math.floor(size / 2));
  await file.close();
}
