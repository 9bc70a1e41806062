import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetPages } from '../../../test/support/forget-pages.ts';
import { readsAtOnce } from '../../../test/support/reads-at-once.ts';
import { systemClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import { diskConformance } from '../disk.conformance.ts';
import { openNodeDisk } from './node-disk.ts';

async function makeRoot(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'copyset-disk-'));
}

diskConformance('the node disk', async () => {
  const root = await makeRoot();
  return { disk: openNodeDisk(root), dispose: () => rm(root, { recursive: true }) };
});

describe('the node disk', () => {
  let root: string;

  beforeEach(async () => {
    root = await makeRoot();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  test('gives nobody else a right to files and directories', async () => {
    const disk = openNodeDisk(root);
    await disk.makeDirectory('d/e');
    await (await disk.open('d/e/a', 'create')).close();
    const lock = await disk.lock('d/lock');
    const modes = await Promise.all(
      ['d', 'd/e', 'd/e/a', 'd/lock'].map(async (path) => (await stat(join(root, path))).mode),
    );
    expect(modes.map((mode) => mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600]);
    await lock.release();
  });

  test.runIf(readsAtOnce())('fetches nothing from the device for a read at once', async () => {
    const disk = openNodeDisk(root);
    const content = seededRandom(1).bytes(1_000_000);
    const file = await disk.open('a', 'create');
    await file.write([content], 0);
    const into = new Uint8Array(Buffer.allocUnsafeSlow(4096).buffer);
    expect(file.readNow?.(into, 500_000)).toBe(true);
    forgetPages(join(root, 'a'));
    expect(file.readNow?.(into, 500_000)).toBe(false);
    await systemClock.sleep(50);
    expect(file.lend?.(500_000, 4096)).toBeUndefined();
    await file.close();
  });

  test('makes its root only when asked for the root', async () => {
    const disk = openNodeDisk(join(root, 'volumes/1'));
    await expect(disk.makeDirectory('d')).rejects.toMatchObject({ code: 'disk.not_found' });
    await disk.makeDirectory('');
    await disk.makeDirectory('d');
    expect(await readdir(join(root, 'volumes/1'))).toEqual(['d']);
  });

  test('names the kernel error', async () => {
    const disk = openNodeDisk(root);
    await disk.makeDirectory('d');
    const failure = {
      code: 'disk.io',
      details: { errno: 'EISDIR' },
      message: expect.stringContaining(join(root, 'd')),
    };
    await expect(disk.open('d', 'write')).rejects.toMatchObject(failure);
  });

  test.runIf(existsSync('/dev/full'))('a full device is `disk.full`', async () => {
    const file = await openNodeDisk('/dev').open('full', 'write');
    await expect(file.write([new Uint8Array(10)], 0)).rejects.toMatchObject({ code: 'disk.full' });
    await file.close();
  });
});
