/**
 * Why: a store of a million small objects must not drown in files, and must be there at once after it was killed: three
 * volumes with a million blocks each, beside a catalog of a million versions.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shareOf } from '../../../tools/long-share.ts';
import { S3Client } from '../../support/client.ts';
import { type DevProcess, startDev } from '../../support/dev-process.ts';
import { bytesOf } from '../../support/load/content.ts';

const objects = shareOf(1_000_000, 2_000);
const bucket = 'small';
const bytes = 4096;
const writers = 64;
const compared = 500;
const startedAgain = 3;

const contentOf = (number: number) => bytesOf({ seed: number, bytes });
const secondsSince = (ms: number) => (performance.now() - ms) / 1000;

test('a million objects of 4 KiB: few files, and ready soon after kill -9', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'copyset-million-'));
  const start = () => startDev(directory, '--volumes', '3');
  let dev = await start();
  try {
    const perSecond = await putAll(dev);
    const files = await mostFiles(dev);
    const readySeconds: number[] = [];
    for (let kill = 0; kill < startedAgain; kill++) {
      await dev.end('SIGKILL');
      const sinceMs = performance.now();
      dev = await start();
      readySeconds.push(secondsSince(sinceMs));
      const { state, volumes } = await dev.status();
      expect(state).toBe('serving');
      expect(volumes.map((volume) => [volume.state, volume.blocks])).toEqual(Array(3).fill(['active', objects]));
      await compareSome(dev);
    }
    const ready = readySeconds.map((seconds) => seconds.toFixed(1)).join(', ');
    console.log(
      `${objects} objects at ${perSecond}/s, at most ${files} files a volume; ready after kill -9 in ${ready} s`,
    );
    expect(files).toBeLessThan(2_000);
    expect(Math.max(...readySeconds)).toBeLessThan(10);
  } finally {
    await dev.end('SIGKILL');
    await rm(directory, { recursive: true });
  }
});

/** Resolves with the objects per second. */
async function putAll(dev: DevProcess): Promise<number> {
  using client = new S3Client(dev.ready);
  await client.createBucket(bucket);
  const sinceMs = performance.now();
  let next = 0;
  const write = async () => {
    while (next < objects) {
      const number = next++;
      await client.put(bucket, `object-${number}`, contentOf(number));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return Math.round(objects / secondsSince(sinceMs));
}

async function mostFiles(dev: DevProcess): Promise<number> {
  const folders = dev.ready.volumes.map(({ path }) => readdir(path, { recursive: true }));
  return Math.max(...(await Promise.all(folders)).map(({ length }) => length));
}

async function compareSome(dev: DevProcess): Promise<void> {
  using client = new S3Client(dev.ready);
  for (let at = 0; at < compared; at++) {
    const number = Math.floor((at * objects) / compared);
    const answer = await client.get(bucket, `object-${number}`);
    expect(answer?.body.equals(contentOf(number)), `object-${number}`).toBe(true);
  }
}
