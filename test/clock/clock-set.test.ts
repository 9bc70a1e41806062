/**
 * Why: clocks are wrong, and then they are set, by hours and while people work. Then the order of versions is that of
 * acknowledgement still, nothing that lives is taken for old, and times that people signed for are judged by the clock
 * as it is now. Each test has its own store and load; there is no long form.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { openNodeDisk } from '../../src/disk/node/node-disk.ts';
import { openFileVolume } from '../../src/volume/file/open-file-volume.ts';
import { readVolumeIdentity } from '../../src/volume/file/read-identity.ts';
import { run } from '../clients/python-tool.ts';
import { describeClient } from '../clients/support/presence.ts';
import type { S3Client } from '../support/client.ts';
import { bytesOf } from '../support/load/content.ts';
import { Load, loadBucket } from '../support/load/load.ts';
import { ClockedStore, type SignedUrl } from './clocked-store.ts';
import { FakeClock, findFakeTime, hourMs } from './fake-clock.ts';
import { listVersions } from './listed-versions.ts';
import { beginOverJump, type Kept } from './over-jump.ts';
import { VersionWriter, versionIdIn } from './version-writer.ts';

/** Each 3 hours from the one before. */
const settingsHours = [3, 6, 3, 0, -3, 0, 3, 0];
const versioned = 'versioned';
const unversioned = 'unversioned';
const buckets = [versioned, unversioned];
const loadWriters = 3;
/** Between two looks at the same moment on a busy machine; the clock is set by far more. */
const nearMs = 60_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copyset-clock-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describeClient({ name: 'a clock that is set', debianPackage: 'faketime' }, findFakeTime(), (fakeTime) => {
  test('is one of wall time only, as Node sees it', async () => {
    const clock = new FakeClock(fakeTime, join(folder, 'time'));
    const [command = '', ...under] = clock.under;
    const look = 'console.log(JSON.stringify([Date.now(), Number(process.hrtime.bigint() / 1_000_000n)]))';
    for (const hours of [3, -3, 0]) {
      clock.set(hours);
      const beforeMs = Number(process.hrtime.bigint() / 1_000_000n);
      const { out } = await run(command, [...under, process.execPath, '-e', look]);
      const [wallMs = 0, monotonicMs = 0] = JSON.parse(out) as number[];
      expect(Math.abs(wallMs - (Date.now() + hours * hourMs))).toBeLessThan(nearMs);
      expect(monotonicMs).toBeGreaterThanOrEqual(beforeMs);
      expect(monotonicMs).toBeLessThan(beforeMs + nearMs);
    }
  });

  test('under load: versions stay in order, nothing is lost, and times are judged by it', async () => {
    const startedAtMs = Date.now();
    const load = new Load({ seed: 1, writers: loadWriters, keysPerWriter: 6, multipartPerMille: 5 });
    const writers = Array.from({ length: 3 }, (_, number) => new VersionWriter(versioned, number));
    const kept: Kept[] = [];
    await using store = await ClockedStore.start(fakeTime, folder);
    {
      using client = store.client();
      await makeBuckets(client);
      const stop = new AbortController();
      const { signal } = stop;
      const running = Promise.all([load.run(client, signal), ...writers.map((writer) => writer.run(client, signal))]);
      running.catch(() => undefined); // awaited below
      await setOverAndOver(store, client, kept);
      stop.abort();
      await running;
      expectOnlyTimeRefusals(store, { load, writers });
      expect(await load.verify(client)).toEqual([]);
      await expectVersions(client, writers);
      await expectKept(client, kept);
      expect((await store.dev.status()).problems).toEqual([]);
    }
    const gone = await putAndRemove(store);
    expect(await store.dev.end()).toBe(0);
    await expectSteadyStamps(store, startedAtMs);
    store.clock.set(-3);
    await using again = await store.restart(folder);
    using client = again.client();
    expect(Number.parseInt(await putAndRemove(again), 16)).toBeGreaterThan(Number.parseInt(gone, 16));
    for (const writer of writers) for (const key of writer.written.keys()) await writer.write(client, key);
    await expectVersions(client, writers);
    expect(await load.verify(client)).toEqual([]);
    await expectKept(client, kept);
  });
});

async function makeBuckets(client: S3Client): Promise<void> {
  await client.createBucket(loadBucket);
  for (const bucket of buckets) await client.createBucket(bucket);
  const body = Buffer.from('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
  expect((await client.ask({ method: 'PUT', target: `/${versioned}?versioning=`, body })).status).toBe(200);
  await client.put(versioned, 'signed', Buffer.from('signed'));
}

/** Resolves with the id of a version of which nothing is left. */
async function putAndRemove(store: ClockedStore): Promise<string> {
  using client = store.client();
  const target = `/${versioned}/removed`;
  const id = versionIdIn(await client.ask({ method: 'PUT', target, body: Buffer.from('gone soon') }));
  expect((await client.ask({ method: 'DELETE', target: `${target}?versionId=${id}` })).status).toBe(204);
  return id;
}

async function setOverAndOver(store: ClockedStore, client: S3Client, kept: Kept[]): Promise<void> {
  const urls = [store.signUrl(`/${versioned}/signed`)];
  const finishLast = await beginOverJump(store, client, { buckets, round: settingsHours.length });
  for (const [round, hours] of settingsHours.entries()) {
    const finish = await beginOverJump(store, client, { buckets, round });
    await wait(300);
    store.clock.set(hours);
    urls.push(store.signUrl(`/${versioned}/signed`));
    await expectSignaturesByTheClock(store, client);
    await expectTimesByTheClock(store, client, `made-${round}`);
    for (const url of urls) await expectUrl(store, url);
    kept.push(...(await finish()));
    await wait(300);
  }
  kept.push(...(await finishLast()));
}

/** Whose clock is the store's is served, whose is hours off is not; the store tells its time. */
async function expectSignaturesByTheClock(store: ClockedStore, client: S3Client): Promise<void> {
  const ask = { method: 'GET', target: `/${versioned}/signed` };
  const { status, headers } = await client.ask(ask);
  expect(status).toBe(200);
  expectNow(store, headers.date);
  for (const hours of [3, -3]) {
    using wrong = store.client(hours);
    const refused = await wrong.ask(ask);
    expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining('RequestTimeTooSkewed')]);
    expectNow(store, refused.headers.date);
  }
}

/** What people read is the time that they set. */
async function expectTimesByTheClock(store: ClockedStore, client: S3Client, name: string): Promise<void> {
  await client.createBucket(name);
  const { body } = await client.ask({ method: 'GET', target: '/' });
  expectNow(store, new RegExp(`<Name>${name}</Name><CreationDate>(.*?)</CreationDate>`).exec(body.toString())?.[1]);
  await client.put(name, 'key', Buffer.from('new'));
  expectNow(store, (await client.get(name, 'key'))?.headers['last-modified']);
}

function expectNow({ clock }: ClockedStore, time: string | undefined): void {
  expect(Math.abs(Date.parse(time ?? '') - clock.wallMs()), time).toBeLessThan(nearMs);
}

/** Good for 15 minutes from when it was signed, as the clock tells them. */
async function expectUrl({ clock }: ClockedStore, { url, aheadHours }: SignedUrl): Promise<void> {
  const response = await fetch(url);
  const text = await response.text();
  const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
  if (aheadHours === clock.aheadHours) expect([response.status, text]).toEqual([200, 'signed']);
  else expect([response.status, code]).toEqual([403, 'AccessDenied']);
  if (aheadHours < clock.aheadHours) expect(text).toContain('Request has expired');
  if (aheadHours > clock.aheadHours) expect(text).toContain('Request is not yet valid');
}

type Work = { readonly load: Load; readonly writers: readonly VersionWriter[] };

/** Nobody was refused but who signed before the clock was set and arrived after it. */
function expectOnlyTimeRefusals({ clock }: ClockedStore, { load, writers }: Work): void {
  for (const { fromMs, toMs } of writers.flatMap(({ refused }) => refused)) {
    expect(clock.setAtMs.some((atMs) => fromMs <= atMs && atMs <= toMs)).toBe(true);
  }
  expect(load.report.unanswered).toBeLessThanOrEqual(settingsHours.length * loadWriters);
  expect(load.report.acknowledged).toBeGreaterThan(100);
  expect(writers.flatMap(({ written }) => [...written.values()].flat()).length).toBeGreaterThan(100);
}

/** Newest first is the order of acknowledgement backwards; the current is what was acknowledged last. */
async function expectVersions(client: S3Client, writers: readonly VersionWriter[]): Promise<void> {
  const listed = await listVersions(client, versioned);
  expect(new Set(listed.map(({ key, versionId }) => `${key} ${versionId}`)).size).toBe(listed.length);
  for (const [key, written] of writers.flatMap((writer) => [...writer.written])) {
    const own = listed.filter((version) => version.key === key);
    const expected = written.toReversed().map(({ versionId, content }, at) => {
      return { key, versionId, isLatest: at === 0, isDeleteMarker: content === undefined };
    });
    expect(own).toEqual(expected);
    for (const { versionId, content } of written) {
      if (content === undefined) continue;
      const { body } = await client.ask({ method: 'GET', target: `/${versioned}/${key}?versionId=${versionId}` });
      expect(body.equals(bytesOf(content)), `${key} ${versionId}`).toBe(true);
    }
    const newest = written.at(-1)?.content;
    const current = await client.get(versioned, key);
    expect(newest === undefined ? current === undefined : current?.body.equals(bytesOf(newest)), key).toBe(true);
  }
}

async function expectKept(client: S3Client, kept: readonly Kept[]): Promise<void> {
  expect(kept).toHaveLength(3 * (settingsHours.length + 1));
  for (const { target, content } of kept) {
    const { body } = await client.ask({ method: 'GET', target });
    expect(body.equals(bytesOf(content)), target).toBe(true);
  }
}

/** The age of every block is told by time that nobody set. */
async function expectSteadyStamps({ dev }: ClockedStore, startedAtMs: number): Promise<void> {
  for (const { path } of dev.ready.volumes) {
    const disk = openNodeDisk(path);
    const { storeId } = await readVolumeIdentity(disk);
    const volume = await openFileVolume({ disk, storeId, clock: systemClock });
    try {
      const blocks = await volume.list({ limit: 1000 });
      expect(blocks.length).toBeGreaterThan(0);
      for (const { writtenAtMs } of blocks) {
        expect(writtenAtMs).toBeGreaterThan(startedAtMs - nearMs);
        expect(writtenAtMs).toBeLessThan(Date.now() + nearMs);
      }
    } finally {
      await volume.close();
    }
  }
}
