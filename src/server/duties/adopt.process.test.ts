import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../base/clock.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { systemRandom } from '../../base/random.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import { silentLog } from '../../observe/log.ts';
import { Members } from '../../replica/members.ts';
import { withVolumeFaults } from '../../volume/faults/faulty-volume.ts';
import type { Volume } from '../../volume/volume.ts';
import { entryOf } from '../prepare-store.ts';
import { openDirectory } from '../store-directory.ts';
import type { KnownVolume } from '../store-file.ts';
import { reopenVolumes } from './adopt.ts';

let path: string;

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'copyset-adopt-'));
});

afterEach(() => rm(path, { recursive: true, force: true }));

/** Ten seconds of it are one. */
const hurried: Clock = {
  ...systemClock,
  sleep: (ms, options) => systemClock.sleep(ms / 10, options),
};

it('a volume that is back but hangs when it is let go of is served again by a later round', async () => {
  const hang = Promise.withResolvers<void>();
  const slowToClose = (volume: Volume): Volume => ({
    ...withVolumeFaults(volume, { schedule: new FaultSchedule({ seed: 1 }), clock: systemClock }),
    close: () => hang.promise.then(() => volume.close()),
  });
  const room = { clock: hurried, random: systemRandom, log: silentLog, meter: slowToClose };
  const directory = await openDirectory({ home: openNodeDisk(path), path, firstVolumes: 1, ...room });
  const [known] = directory.known as [KnownVolume];
  const members = new Members();
  const member = members.set(entryOf(known, systemClock, {}), directory.volume(known.id));
  const round = (isGone: boolean) => reopenVolumes({ site: { members }, directory }, () => isGone);

  await expect(round(true)).rejects.toMatchObject({ code: 'timeout' });
  expect(member.volume).toBeUndefined();
  expect(directory.isOpening(known.id)).toBe(true);
  hang.resolve();
  await expect.poll(() => round(false).then(() => member.volume)).toBeDefined();
  await expect(member.volume?.check()).resolves.toBeUndefined();
  await directory.close();
});
