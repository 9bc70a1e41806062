/**
 * Why: after a failed sync nobody knows which bytes are durable, so the volume, the journal or the database that it
 * belongs to is given up and made anew from elsewhere, while clients notice nothing or next to nothing. There is no
 * long form: all of it runs each time.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDev } from '../support/dev-process.ts';
import { InjectedFault, whyNoInjection } from '../support/inject.ts';
import { KnownObjects } from './known-objects.ts';

describe.skipIf(whyNoInjection !== undefined)(`calls that fail (${whyNoInjection ?? 'by strace'})`, () => {
  let folder: string;
  let objects: KnownObjects;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-failed-'));
    objects = await KnownObjects.begin(await startDev(folder));
    await objects.put(20, 100_000);
  });

  afterEach(async () => {
    await objects[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const inject = (calls: string, what: string, paths: readonly string[]) =>
    InjectedFault.into({ pid: objects.dev.ready.pid, calls, what, paths });

  const volume = (number: number) => objects.dev.ready.volumes[number]?.path as string;

  test('a sync of a volume, once: it is retired, and healed elsewhere', async () => {
    {
      await using fault = await inject('fdatasync', 'error=EIO:when=1', await filesIn(volume(1), 'segments', '.seg'));
      await objects.put(20, 100_000);
      expect(fault.injected).toBeGreaterThan(0);
    }
    await objects.settled(({ volumes }) => volumes[1]?.state === 'retired');
    await objects.healed();
    await objects.verify();
    const { volumes } = await objects.dev.status();
    expect(volumes.map(({ state }) => state)).toEqual(['active', 'retired', 'active', 'active']);
    await objects.dev.end();
    objects = objects.on(await startDev(folder));
    await objects.verify();
    expect((await objects.dev.status()).volumes[1]).toMatchObject({ state: 'retired', reason: 'a sync failed' });
  });

  test('a sync of a journal, once: it is made anew, and nobody notices', async () => {
    {
      await using fault = await inject('fdatasync', 'error=EIO:when=1', await filesIn(volume(0), 'journal', ''));
      await objects.put(5, 1000);
      expect(fault.injected).toBeGreaterThan(0);
    }
    await objects.put(5, 1000);
    await objects.settled(({ catalog }) => catalog.journals.every(({ state }) => state === 'ok'));
    await objects.verify();
  });

  test("a sync of the catalog's database: it is made anew from the journals", async () => {
    {
      const database = join(folder, 'catalog', 'catalog.sqlite');
      await using fault = await inject('fsync,fdatasync', 'error=EIO', [database, `${database}-wal`]);
      while (fault.injected === 0) await objects.putWithin(20_000, 1000);
    }
    await objects.settled(({ state }) => state === 'serving');
    await objects.putWithin(20_000, 1000);
    await objects.verify();
    expect(objects.dev.err).toContain('the store is started again');
    expect(await readdir(join(folder, 'catalog'))).toContain('catalog.sqlite.damaged');
  });

  test('every read of a volume: other copies are read', async () => {
    await using fault = await inject('pread64', 'error=EIO', await filesIn(volume(2), 'segments', '.seg'));
    await objects.verify();
    await objects.verify();
    expect(fault.injected).toBeGreaterThan(0);
  });
});

async function filesIn(path: string, directory: string, suffix: string): Promise<string[]> {
  const names = await readdir(join(path, directory));
  return names.filter((name) => name.endsWith(suffix)).map((name) => join(path, directory, name));
}
