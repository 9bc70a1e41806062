/**
 * Why: a disk fills up one day. Then writes are refused in clear words, reads and deletes go on, and when there is room
 * again writes do too, by themselves: for the disk of one volume, of all volumes, of the catalog, and of each journal.
 * There is no long form: all of it runs each time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { S3Client } from '../support/client.ts';
import { type DevProcess, startDev } from '../support/dev-process.ts';
import { bytesOf } from '../support/load/content.ts';
import { SmallDisk, whyNoMounts } from '../support/mounts.ts';

const mebibytes = 64;
const bucket = 'full';

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

  async function start(): Promise<Objects> {
    const dev = resources.use(await startDev(join(folder, 'store')));
    const objects = new Objects(dev);
    resources.use(objects);
    await objects.client.createBucket(bucket);
    return objects;
  }

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
    const objects = before.on(resources.use(await startDev(join(folder, 'store'))));
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

/** What was put and acknowledged, and how it is read back. */
class Objects {
  readonly dev: DevProcess;
  readonly client: S3Client;
  readonly #known: Map<string, { readonly seed: number; readonly bytes: number }>;
  #nextSeed = 1;

  constructor(dev: DevProcess, known = new Map<string, { readonly seed: number; readonly bytes: number }>()) {
    this.dev = dev;
    this.client = new S3Client(dev.ready);
    this.#known = known;
    this.#nextSeed = known.size + 1;
  }

  /** The same objects, in another process. */
  on(dev: DevProcess): Objects {
    return new Objects(dev, this.#known);
  }

  async put(count: number, bytes: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.#put(bytes);
  }

  /** Puts until several in a row are refused, wherever their copies were to go. */
  async putUntilRefused(bytes: number): Promise<void> {
    for (let refused = 0; refused < 10; ) {
      const { status, body, key, content } = await this.#tryPut(bytes);
      if (status === 200) this.#known.set(key, content);
      else expectFull({ status, body });
      refused = status === 200 ? 0 : refused + 1;
    }
  }

  async expectRefused(bytes: number): Promise<void> {
    expectFull(await this.#tryPut(bytes));
  }

  /** Puts again until one succeeds. */
  async putWithin(ms: number, bytes: number): Promise<void> {
    for (const deadline = performance.now() + ms; ; await sleep(200)) {
      const { status, body, key, content } = await this.#tryPut(bytes);
      if (status !== 200 && performance.now() < deadline) continue;
      expect([status, body.toString()]).toEqual([200, '']);
      this.#known.set(key, content);
      return;
    }
  }

  async delete(count: number): Promise<void> {
    for (const key of [...this.#known.keys()].slice(0, count)) {
      await this.client.delete(bucket, key);
      this.#known.delete(key);
    }
  }

  /** Everything acknowledged is there and whole, and nothing that was deleted. */
  async verify(): Promise<void> {
    for (const [key, content] of this.#known) {
      const answer = await this.client.get(bucket, key);
      expect(answer?.body.equals(bytesOf(content)), key).toBe(true);
    }
    const listed = (await this.client.list(bucket)).map(({ key }) => key);
    expect(listed).toEqual(expect.arrayContaining([...this.#known.keys()]));
  }

  /** All blocks have all their copies again. */
  async healed(): Promise<void> {
    const isHealed = async () => {
      const { underReplicatedBlocks, state } = await this.dev.status();
      return underReplicatedBlocks === 0 && state === 'serving';
    };
    for (const deadline = performance.now() + 60_000; !(await isHealed()); await sleep(500))
      expect(performance.now(), JSON.stringify(await this.dev.status())).toBeLessThan(deadline);
  }

  [Symbol.dispose](): void {
    this.client[Symbol.dispose]();
  }

  async #put(bytes: number): Promise<void> {
    const { status, body, key, content } = await this.#tryPut(bytes);
    expect([status, body.toString()]).toEqual([200, '']);
    this.#known.set(key, content);
  }

  async #tryPut(bytes: number) {
    const content = { seed: this.#nextSeed++, bytes };
    const key = `object-${content.seed}`;
    const answer = await this.client.ask({ method: 'PUT', target: `/${bucket}/${key}`, body: bytesOf(content) });
    return { ...answer, key, content };
  }
}

function expectFull({ status, body }: { readonly status: number; readonly body: Buffer }): void {
  expect([status, body.toString()]).toEqual([503, expect.stringContaining('<Code>InsufficientStorage</Code>')]);
}
