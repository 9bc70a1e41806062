import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { FaultSchedule } from '../base/fault-schedule.ts';
import type { BucketId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import { withKvFaults } from '../kv/faults/faulty-kv.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { addBucket, findBucket, removeBucket } from './buckets.ts';
import type { BucketRecord } from './records/bucket.ts';
import { changeCodec, changeKey } from './records/change-entry.ts';
import { epochKey } from './records/layout-entry.ts';
import { Stamps } from './stamps.ts';
import { absent, type Stored } from './stored.ts';
import { currentVersion, type NewVersion, type PutVersion, putVersion, removeVersion } from './versions.ts';

const rule = { copies: 3, writeQuorum: 2, blockBytes: 1024, md5Etags: false };
const guard = { classId: 3, epoch: Uint8Array.of(7) };

let kv: Kv;
let nowMs = 1000;
let stamps: Stamps;
let bucket: Stored<BucketRecord>;
beforeEach(async () => {
  nowMs = 1000;
  stamps = new Stamps({ ...systemClock, wallMs: () => nowMs });
  kv = new MemoryKv({ random: seededRandom(1) });
  await addBucket(kv, { id: '00000000000000aa' as BucketId, name: 'models', createdAtMs: 0, ...rule });
  await kv.commit({ put: [{ key: epochKey(3), value: guard.epoch }] });
  bucket = await findBucket(kv, 'models');
});

function newVersion(key: string, etag: string): NewVersion {
  const flags = { site: 0, homeEpoch: 0, isDeleteMarker: false };
  return { key, etag, ...flags, bytes: 0, classId: 3, blocks: [], metadata: {} };
}

function put(etag: string, request: Partial<PutVersion> = {}) {
  return putVersion(kv, { bucket, version: newVersion('weights', etag), stamps, guard, ...request });
}

async function etagNow(): Promise<string | undefined> {
  return (await currentVersion(kv, bucket.record, 'weights'))?.record.etag;
}

describe('a put of a version', () => {
  test('replaces the one before, under a stamp that only grows, also when the clock stands or steps back', async () => {
    const stamps: number[] = [];
    for (const [etag, atMs] of [
      ['a', 1000],
      ['b', 1000],
      ['c', 500],
      ['d', 2000],
    ] as const) {
      nowMs = atMs;
      const outcome = await put(etag);
      if (outcome.kind === 'committed') stamps.push(outcome.version.stamp);
      expect(await etagNow()).toBe(etag);
    }
    expect(stamps).toHaveLength(4);
    expect(stamps).toEqual([...new Set(stamps)].sort((left, right) => left - right));
  });

  test('commits nothing when the layout moved', async () => {
    await put('a');
    await kv.commit({ put: [{ key: epochKey(3), value: Uint8Array.of(8) }] });
    expect(await put('b')).toEqual({ kind: 'layout-moved' });
    expect(await etagNow()).toBe('a');
  });

  test('commits nothing when what else it expects does not hold', async () => {
    expect(await put('a', { expect: [absent(bucket.key)] })).toEqual({ kind: 'lost-race' });
    expect(await etagNow()).toBeUndefined();
  });

  test('does not come to be in a bucket that was deleted, even one that was made again', async () => {
    await removeBucket(kv, 'models');
    await expect(put('a')).rejects.toMatchObject({ code: 'not_found', details: { what: 'bucket' } });
    await addBucket(kv, { id: '00000000000000ab' as BucketId, name: 'models', createdAtMs: 0, ...rule });
    await expect(put('a')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('asks its condition again after every lost race', async () => {
    const seen: (string | undefined)[] = [];
    const condition = (current: { readonly etag: string } | undefined) => void seen.push(current?.etag);
    const schedule = new FaultSchedule({ seed: 1, maxDelayMs: 20 });
    schedule.force('commit', 'delay');
    const slow = withKvFaults(kv, { schedule, clock: systemClock });
    const version = newVersion('weights', 'slower');
    const slower = putVersion(slow, { bucket, version, stamps, guard, condition });
    await put('faster');
    const outcome = await slower;
    expect(outcome.kind).toBe('committed');
    expect(seen).toEqual([undefined, 'faster']);
    expect(await etagNow()).toBe('slower');
  });

  test('of many at once: each is one change, and the last one is what is shown', async () => {
    const { revision } = await kv.status();
    await Promise.all(Array.from({ length: 8 }, (_, index) => put(`e${index}`)));
    const changes = (await kv.changes(revision, 100)).map(({ puts }) =>
      changeCodec.decode(puts.find(({ key }) => Buffer.compare(key, changeKey) === 0)?.value as Uint8Array),
    );
    expect(changes).toHaveLength(8);
    expect(changes.map(({ replacedStamp }) => replacedStamp)).toEqual([
      undefined,
      ...changes.slice(0, -1).map(({ stamp }) => stamp),
    ]);
    expect((await currentVersion(kv, bucket.record, 'weights'))?.record.stamp).toBe(changes.at(-1)?.stamp);
  });
});

describe('a bucket and what is put into it', () => {
  test('cannot both win: it is deleted empty, or not at all', async () => {
    const outcomes = await Promise.allSettled([put('a'), removeBucket(kv, 'models')]);
    const isThere = (await kv.get(bucket.key)) !== undefined;
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await etagNow()) !== undefined).toBe(isThere);
  });
});

describe('a delete', () => {
  test('of nothing is only known to be one when the catalog takes commits', async () => {
    const schedule = new FaultSchedule({ seed: 1 });
    schedule.force('commit', 'error');
    const readOnly = withKvFaults(kv, { schedule, clock: systemClock });
    await expect(removeVersion(readOnly, bucket, 'weights', { stamps })).rejects.toMatchObject({
      code: 'kv.unreachable',
    });
  });

  test('of nothing removes what a put that was under way brings meanwhile', async () => {
    const schedule = new FaultSchedule({ seed: 1, maxDelayMs: 20 });
    schedule.force('commit', 'delay');
    const slow = withKvFaults(kv, { schedule, clock: systemClock });
    const removal = removeVersion(slow, bucket, 'weights', { stamps });
    await put('a');
    expect((await removal).version?.etag).toBe('a');
    expect(await etagNow()).toBeUndefined();
  });

  test('leaves nothing, tells the log, and is no error twice', async () => {
    await put('a');
    const { revision } = await kv.status();
    expect((await removeVersion(kv, bucket, 'weights', { stamps })).version?.etag).toBe('a');
    expect((await removeVersion(kv, bucket, 'weights', { stamps })).version).toBeUndefined();
    expect(await etagNow()).toBeUndefined();
    const [change, ...more] = await kv.changes(revision, 10);
    expect(more).toEqual([]);
    expect(changeCodec.decode(change?.puts[0]?.value as Uint8Array)).toMatchObject({ kind: 'delete', key: 'weights' });
  });

  test('of one key leaves the keys that it begins or continues', async () => {
    for (const key of ['weight', 'weights', 'weights/1']) await put('a', { version: newVersion(key, key) });
    await removeVersion(kv, bucket, 'weights', { stamps });
    for (const key of ['weight', 'weights/1'])
      expect((await currentVersion(kv, bucket.record, key))?.record.etag).toBe(key);
  });
});
