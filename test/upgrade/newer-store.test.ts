/**
 * Why: an older program must not touch what a newer one wrote: it says so, and leaves every byte as it was. Each
 * version on disk is raised in turn, as docs/formats tells where they are.
 */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Client } from '../support/client.ts';
import { copyset, startDev } from '../support/dev-process.ts';
import { raiseStoredForms, startMarkers } from './markers.ts';
import { raiseRecord } from './newer-records.ts';

describe('a store of a newer format', () => {
  let folder: string;
  let made: string;
  let tried = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-newer-'));
    made = join(folder, 'made');
    await using dev = await startDev(made);
    using client = new S3Client(dev.ready);
    await client.createBucket('bucket');
    for (let at = 0; at < 20; at++) await client.put('bucket', `key-${at}`, Buffer.alloc(3_000, at));
    expect(await dev.end()).toBe(0);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function copyOf(): Promise<string> {
    const copy = join(folder, `try-${tried++}`);
    await cp(made, copy, { recursive: true, preserveTimestamps: true });
    return copy;
  }

  test.each(Object.entries(startMarkers))('by %s is refused, and nothing in it changes', async (_, raise) => {
    const store = await copyOf();
    raise(store);
    const before = await contentOf(store);
    const { code, err } = await copyset('dev', '--json', '--listen', '127.0.0.1:0', '--dir', store);
    expect([code, err]).toEqual([2, expect.stringContaining('written by a newer program; use that version or newer')]);
    expect(await contentOf(store)).toEqual(before);
  });

  test('by its blocks serves none of them, and neither repairs nor removes them', async () => {
    const store = await copyOf();
    raiseStoredForms(store);
    const before = await segmentsOf(store);
    await using dev = await startDev(store);
    using client = new S3Client(dev.ready);
    const answer = await client.ask({ method: 'GET', target: '/bucket/key-3' });
    expect(answer.status).toBe(500);
    await expect.poll(() => dev.err).toContain('format.unknown_version');
    const scrub = await copyset('scrub', '--dir', store);
    expect(scrub.out + scrub.err).toContain('stored block of format 99');
    expect((await dev.status()).underReplicatedBlocks).toBe(0);
    expect(await segmentsOf(store)).toEqual(before);
    await client.put('bucket', 'new', Buffer.from('new'));
    expect((await client.get('bucket', 'new'))?.body.toString()).toBe('new');
  });

  test.each([
    ['store', 'present'],
    ['volume', 'present'],
    ['store', 'lost'],
  ] as const)(
    'by a record of the catalog (%s, its database %s) is refused, and no record changes',
    async (kind, database) => {
      const store = await copyOf();
      const unchanged = await raiseRecord(store, kind);
      if (database === 'lost') await rm(join(store, 'catalog'), { recursive: true });
      const before = await contentOf(store);
      const { code, err } = await copyset('dev', '--json', '--listen', '127.0.0.1:0', '--dir', store);
      expect([code, err]).toEqual([2, expect.stringContaining('record of version')]);
      if (database === 'present') expect(await contentOf(store)).toEqual(before);
      await unchanged();
    },
  );

  test.each(['bucket', 'object'] as const)('by a record of the catalog (%s) does not serve it', async (kind) => {
    const store = await copyOf();
    const unchanged = await raiseRecord(store, kind);
    await using dev = await startDev(store);
    using client = new S3Client(dev.ready);
    const answers = await Promise.all(
      ['GET', 'DELETE'].map((method) => client.ask({ method, target: '/bucket/key-0' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([500, 500]);
    expect(dev.err).toContain('format.unknown_version');
    expect(await dev.end()).toBe(0);
    await unchanged();
  });
});

/** A hash of every file. Locks, and what SQLite keeps while it looks, hold nothing of the store. */
async function contentOf(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const kept = files.filter((file) => file.isFile() && !/^lock|-shm$/.test(file.name));
  const hashed = await Promise.all(
    kept.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [
        path,
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ] as const;
    }),
  );
  return new Map(hashed);
}

/** What lay there before: segments grow at their end only. */
async function segmentsOf(store: string): Promise<ReadonlyMap<string, string>> {
  const content = await contentOf(join(store, 'volumes'));
  return new Map([...content].filter(([path]) => path.endsWith('.seg')));
}
