import { spawnSync } from 'node:child_process';
import { mkdtemp, open as openFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallOptions } from '../base/async/abort.ts';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import { systemRandom } from '../base/random.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import { silentLog } from '../observe/log.ts';
import { withVolumeFaults } from '../volume/faults/faulty-volume.ts';
import type { Volume } from '../volume/volume.ts';
import { loadRootKey } from './root-key.ts';
import { openDirectory, type StoreDirectory } from './store-directory.ts';
import type { KnownVolume } from './store-file.ts';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'copyset-directory-'));
});

afterEach(() => rm(path, { recursive: true, force: true }));

type Meter = (volume: Volume) => Volume;

function open(firstVolumes = 3, call: CallOptions = {}, meter: Meter = (volume) => volume): Promise<StoreDirectory> {
  const room = { clock: systemClock, random: systemRandom, log: silentLog, meter };
  return openDirectory({ home: openNodeDisk(path), path, firstVolumes, ...room }, call);
}

async function identityOf(directory: StoreDirectory) {
  await directory.close();
  return { storeId: directory.storeId, ids: directory.known.map(({ id }) => id).toSorted() };
}

describe('a data directory', () => {
  it('makes its volumes once and finds them again', async () => {
    const first = await identityOf(await open());
    expect(first.ids).toHaveLength(3);
    const again = await open(8);
    await again.markInitialised();
    expect((await identityOf(again)).ids).toHaveLength(8);
    expect((await identityOf(await open(12))).ids).toHaveLength(8);
  });

  it.each(['lost', 'damaged'])('asks the volumes whose they are when its own file is %s', async (how) => {
    const before = await identityOf(await open());
    if (how === 'lost') await rm(join(path, 'store.json'));
    else await writeFile(join(path, 'store.json'), '{"format":1,"storeId":');
    expect(await identityOf(await open())).toEqual(before);
  });

  it('is the same wherever it is moved', async () => {
    const before = await identityOf(await open());
    const moved = `${path}-moved`;
    await rename(path, moved);
    path = moved;
    const directory = await open();
    expect(directory.known.every((volume) => volume.path.startsWith(`${moved}/volumes/`))).toBe(true);
    expect(directory.known.every(({ id }) => directory.volume(id) !== undefined)).toBe(true);
    expect(await identityOf(directory)).toEqual(before);
  });

  it('refuses a file of a newer format and changes nothing', async () => {
    await identityOf(await open());
    await writeFile(
      join(path, 'store.json'),
      '{"format":9,"storeId":"0011223344556677","initialised":true,"volumes":[]}',
    );
    await expect(open()).rejects.toMatchObject({ code: 'format.unknown_version' });
  });

  it('refuses volumes of several stores under one roof', async () => {
    await identityOf(await open());
    await rm(join(path, 'store.json'));
    const other = await mkdtemp(join(tmpdir(), 'copyset-other-'));
    const room = { clock: systemClock, random: systemRandom, log: silentLog };
    const foreign = await openDirectory({ home: openNodeDisk(other), path: other, firstVolumes: 1, ...room });
    await foreign.close();
    await rm(join(path, 'volumes/v1'), { recursive: true });
    await rename(join(other, 'volumes/v1'), join(path, 'volumes/v1'));
    await expect(open()).rejects.toMatchObject({ code: 'volume.foreign' });
    await rm(other, { recursive: true });
  });
});

describe('a data directory with a volume that hangs', () => {
  let identity: string;

  beforeEach(async () => {
    const made = await open();
    await made.markInitialised();
    await made.close();
    identity = join(path, 'volumes/v2/identity.json');
    await rename(identity, `${identity}-kept`);
    expect(spawnSync('mkfifo', [identity]).status).toBe(0); // whoever opens it waits for a writer
  });

  /** For whoever waits. */
  async function goOn(): Promise<void> {
    await (await openFile(identity, 'w')).close();
    await rename(`${identity}-kept`, identity);
  }

  it('is open without it soon, and has it when it goes on', async () => {
    const sinceMs = performance.now();
    const directory = await open();
    expect(performance.now() - sinceMs).toBeLessThan(5_000);
    const hung = directory.known.find((volume) => volume.path.endsWith('v2')) as KnownVolume;
    expect(directory.known.filter(({ id }) => directory.volume(id) === undefined)).toEqual([hung]);
    expect(directory.isOpening(hung.id)).toBe(true);
    await goOn();
    await expect.poll(() => directory.open(hung)).toBeDefined();
    await directory.close();
  });

  it('says where it hangs when it must ask the volumes whose they are', async () => {
    await rm(join(path, 'store.json'));
    await expect(open()).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('volumes/v2') });
    await goOn();
    const again = await open();
    expect(again.known).toHaveLength(3);
    await again.close();
  });

  it('gives up at once when it is told to, and holds nothing', async () => {
    const stop = new AbortController();
    const opening = open(3, stop);
    await systemClock.sleep(200);
    stop.abort();
    await expect(opening).rejects.toMatchObject({ code: 'request.aborted' });
    await goOn();
    const again = await open();
    expect(again.known.every(({ id }) => again.volume(id) !== undefined)).toBe(true);
    await again.close();
  });
});

describe('a volume that was let go of and hangs', () => {
  const hang = Promise.withResolvers<void>();
  const slowToClose = (volume: Volume): Volume => ({
    ...withVolumeFaults(volume, { schedule: new FaultSchedule({ seed: 1 }), clock: systemClock }),
    close: () => hang.promise.then(() => volume.close()),
  });

  it('is opened again when it is closed, not taken for the volume of another process', async () => {
    const directory = await open(1, {}, slowToClose);
    const [known] = directory.known as [KnownVolume];
    const releasing = directory.release(known.id);
    expect(directory.isOpening(known.id)).toBe(true);
    const opening = directory.open(known);
    await systemClock.sleep(50);
    expect(directory.volume(known.id)).toBeUndefined();
    hang.resolve();
    await releasing;
    expect(await opening).toBe(directory.volume(known.id));
    await expect(directory.volume(known.id)?.check()).resolves.toBeUndefined();
    expect(directory.isOpening(known.id)).toBe(false);
    await directory.close();
  });
});

describe('the root key', () => {
  it('is made once, at random, for its owner only', async () => {
    const home = openNodeDisk(path);
    const key = await loadRootKey(home, systemRandom);
    expect(key.accessKeyId).toMatch(/^[A-Z2-7]{20}$/);
    expect(key.secretAccessKey).toMatch(/^[0-9a-f]{40}$/);
    expect((await stat(join(path, 'root-key.json'))).mode & 0o777).toBe(0o600);
    expect(await loadRootKey(home, systemRandom)).toEqual(key);
  });

  it('that is damaged is never replaced silently', async () => {
    await writeFile(join(path, 'root-key.json'), '{}');
    await expect(loadRootKey(openNodeDisk(path), systemRandom)).rejects.toMatchObject({ code: 'format.damaged' });
  });
});
