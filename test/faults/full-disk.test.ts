/**
 * Why: a disk fills up one day. Then writes are refused in clear words, reads and deletes go on, and when there is room
 * again writes do too, by themselves: for the disk of one volume, of all volumes, of the catalog, and of each journal.
 * There is no long form: all of it runs each time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDev } from '../support/dev-process.ts';
import { SmallDisk, whyNoMounts } from '../support/mounts.ts';
import { KnownObjects } from './known-objects.ts';

const mebibytes = 64;

describe.skipIf(whyNoMounts !== undefined)(`full disks (${whyNoMounts ?? 'on small file systems'})`, () => {
  let folder: string;
  let resources: AsyncDisposableStack;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'copyset-full-'));
    resources = new AsyncDisposableStack();
    resources.defer(() => rm(folder, { recursive: true, force: true }));
  });

  afterEach(() => resources.disposeAsync());

  const smallDisk = (path: string): SmallDisk => {
    const image = join(folder, 'images', path.replaceAll('/', '-'));
    return resources.use(new SmallDisk(join(folder, 'store', path), { image, mebibytes }));
  };
  const smallVolumes = () => ['v1', 'v2', 'v3', 'v4'].map((name) => smallDisk(join('volumes', name)));

  const start = async () => resources.use(await KnownObjects.begin(await startDev(join(folder, 'store'))));

  test('one volume: nobody is refused anything, and its copies come when it has room', async () => {
    const [, disk] = smallVolumes() as [SmallDisk, SmallDisk];
    const objects = await start();
    await objects.put(4, 1_000_000);
    disk.fill();
    await objects.put(2, 1_000_000);
    disk.fill(); // the journal on it gave its reserve back
    await objects.put(8, 1_000_000);
    await objects.delete(2);
    await objects.verify();
    const status = await objects.dev.status();
    expect(status.volumes.map(({ state }) => state)).toEqual(['active', 'full', 'active', 'active']);
    expect(status.underReplicatedBlocks).toBeGreaterThan(0);
    disk.empty();
    await objects.healed();
    await objects.verify();
  });

  test('all volumes', async () => {
    const disks = smallVolumes();
    const objects = await start();
    await objects.put(4, 1_000_000);
    for (const disk of disks) disk.fill(12 * 2 ** 20);
    await objects.putUntilRefused(1_000_000);
    await objects.verify();
    await objects.delete(4);
    for (const disk of disks) disk.empty();
    await objects.putWithin(10_000, 1_000_000);
    await objects.healed();
    await objects.verify();
  });

  test("the catalog's disk", async () => {
    const disk = smallDisk('catalog');
    const objects = await start();
    await objects.put(200, 100);
    disk.fill();
    await objects.putUntilRefused(100);
    expect((await objects.dev.status()).problems.join()).toContain('full; deletes are taken');
    await objects.verify();
    await objects.delete(150);
    await objects.verify();
    disk.empty();
    await objects.putWithin(10_000, 100);
    await objects.verify();
  });

  test("the catalog's disk, through a start", async () => {
    const disk = smallDisk('catalog');
    const before = await start();
    await before.put(50, 100);
    disk.fill();
    await before.putUntilRefused(100);
    await before.dev.end('SIGKILL');
    const objects = resources.use(before.on(await startDev(join(folder, 'store'))));
    await objects.verify();
    await objects.delete(20);
    await objects.expectRefused(100);
    disk.empty();
    await objects.putWithin(10_000, 100);
    await objects.verify();
  });

  /** Objects without bytes have no blocks: what refuses them is the journal. */
  test('the disk of each journal', async () => {
    const [first, second, third] = smallVolumes() as [SmallDisk, SmallDisk, SmallDisk];
    const objects = await start();
    await objects.put(100, 0);
    first.fill();
    await objects.put(100, 0);
    second.fill();
    await objects.putUntilRefused(0);
    third.fill();
    await objects.expectRefused(0);
    await objects.verify();
    await objects.delete(100);
    await objects.verify();
    for (const disk of [first, second, third]) disk.empty();
    await objects.putWithin(20_000, 0);
    await objects.verify();
    await objects.healed();
    const { catalog } = await objects.dev.status();
    expect(catalog.journals.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  });
});
