import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import type { BucketId } from '../base/ids.ts';
import { seededRandom } from '../base/random.ts';
import type { Kv } from '../kv/kv.ts';
import { MemoryKv } from '../kv/memory/memory-kv.ts';
import { addBucket, changeBucket, findBucket } from './buckets.ts';
import { listKeys, listVersions, type VersionListing } from './listing.ts';
import { changeCodec } from './records/change-entry.ts';
import { epochKey } from './records/layout-entry.ts';
import { removedStampsCodec, removedStampsKey } from './records/removed-stamps.ts';
import type { VersionRecord } from './records/version.ts';
import { continueStamps } from './removed-stamps.ts';
import { Stamps } from './stamps.ts';
import { readRecord } from './stored.ts';
import { parseVersionId, versionIdOf } from './version-id.ts';
import { currentVersion, findVersion, type NewVersion, putVersion, removeVersion, setVersionTags } from './versions.ts';

const guard = { classId: 3, epoch: Uint8Array.of(7) };
const keys = ['a', 'a/b', 'a/c', 'b'];

/** A bucket whose clock goes where it likes. */
class Shelf {
  readonly kv: Kv = new MemoryKv({ random: seededRandom(1) });
  nowMs = 5_000;
  readonly #clock = { ...systemClock, wallMs: () => this.nowMs };
  stamps = new Stamps(this.#clock);

  async open(): Promise<this> {
    const rule = { copies: 3, writeQuorum: 2, blockBytes: 1024, md5Etags: false };
    await addBucket(this.kv, { id: '00000000000000aa' as BucketId, name: 'models', createdAtMs: 0, ...rule });
    await this.kv.commit({ put: [{ key: epochKey(3), value: guard.epoch }] });
    return this;
  }

  /** Of what a process keeps in memory nothing is left. */
  async startAgain(): Promise<void> {
    this.stamps = await continueStamps(this.kv, this.#clock);
  }

  bucket() {
    return findBucket(this.kv, 'models');
  }

  keep(versioning: 'enabled' | 'suspended') {
    return changeBucket(this.kv, 'models', (bucket) => ({ ...bucket, versioning }));
  }

  async put(key: string, etag: string): Promise<VersionRecord> {
    const version: NewVersion = {
      key,
      etag,
      site: 0,
      homeEpoch: 0,
      isDeleteMarker: false,
      bytes: 0,
      classId: 3,
      blocks: [],
      metadata: {},
    };
    const outcome = await putVersion(this.kv, { bucket: await this.bucket(), version, stamps: this.stamps, guard });
    if (outcome.kind !== 'committed') throw new Error(outcome.kind);
    return outcome.version;
  }

  async remove(key: string, versionId?: string): Promise<VersionRecord | undefined> {
    return (await removeVersion(this.kv, await this.bucket(), key, { stamps: this.stamps, versionId })).version;
  }

  /** All of it, in pages of this size. */
  async versions(limit: number, roll = { prefix: '', delimiter: '' }): Promise<VersionListing['versions']> {
    const bucket = (await this.bucket()).record;
    const all: VersionListing['versions'][number][] = [];
    for (let after: { key: string; versionId: string | undefined } | undefined; ; ) {
      const page = await listVersions(this.kv, bucket, { ...roll, after, limit });
      all.push(...page.versions);
      expect(page.versions.length + page.commonPrefixes.length).toBeLessThanOrEqual(limit);
      const { next } = page;
      if (next === undefined) return all;
      after =
        typeof next === 'string'
          ? { key: next, versionId: undefined }
          : { key: next.key, versionId: versionIdOf(next) };
    }
  }
}

type ModelVersion = { readonly id: string; readonly etag: string; readonly isMarker: boolean };

/** S3's rules in a few lines: docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html */
class Model {
  readonly versions = new Map<string, ModelVersion[]>(keys.map((key) => [key, []]));
  state: 'never' | 'enabled' | 'suspended' = 'never';

  add(key: string, version: ModelVersion): void {
    const kept = this.of(key).filter(({ id }) => id !== 'null' || this.state === 'enabled');
    this.versions.set(key, [version, ...kept]);
  }

  of(key: string): ModelVersion[] {
    return this.versions.get(key) ?? [];
  }

  drop(key: string, id: string): void {
    this.versions.set(
      key,
      this.of(key).filter((version) => version.id !== id),
    );
  }
}

const key = fc.constantFrom(...keys);
const deed = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete-version' as const), key, at: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('keep' as const),
      state: fc.constantFrom('enabled' as const, 'suspended' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.integer({ min: -10_000, max: 10_000 }) }),
  },
);

async function follow(
  shelf: Shelf,
  model: Model,
  deeds: readonly (typeof deed extends fc.Arbitrary<infer D> ? D : never)[],
) {
  let count = 0;
  for (const one of deeds) {
    count += 1;
    if (one.kind === 'clock') shelf.nowMs = Math.max(1, shelf.nowMs + one.ms);
    else if (one.kind === 'keep') {
      await shelf.keep(one.state);
      model.state = one.state;
    } else if (one.kind === 'put') {
      const version = await shelf.put(one.key, `e${count}`);
      model.add(one.key, { id: versionIdOf(version), etag: `e${count}`, isMarker: false });
    } else if (one.kind === 'delete-version') {
      const id = model.of(one.key)[one.at]?.id ?? '0000000000000001' + '0000';
      await shelf.remove(one.key, id);
      model.drop(one.key, id);
    } else {
      const removed = await shelf.remove(one.key);
      if (model.state === 'never') model.drop(one.key, 'null');
      else model.add(one.key, { id: versionIdOf(removed as VersionRecord), etag: '', isMarker: true });
    }
  }
}

test('versions come, stay and go as the rules of S3 say, in pages of any size, wherever the clock goes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (deeds, limit) => {
      const shelf = await new Shelf().open();
      const model = new Model();
      await follow(shelf, model, deeds);
      const expected = keys.flatMap((one) =>
        model.of(one).map((version, at) => ({ ...version, key: one, isLatest: at === 0 })),
      );
      const shown = (await shelf.versions(limit)).map((version) => ({
        id: versionIdOf(version),
        etag: version.etag,
        isMarker: version.isDeleteMarker,
        key: version.key,
        isLatest: version.isLatest,
      }));
      expect(shown).toEqual(expected);
      const bucket = (await shelf.bucket()).record;
      const { versions } = await listKeys(shelf.kv, bucket, { prefix: '', delimiter: '', after: '', limit: 100 });
      const latest = keys.filter((one) => model.of(one)[0]?.isMarker === false);
      expect(versions.map((version) => version.key)).toEqual(latest);
      for (const { id, key: of, etag } of expected)
        expect((await findVersion(shelf.kv, bucket, of, { versionId: id }))?.record.etag).toBe(etag);
    }),
    { numRuns: 150 },
  );
});

describe('a version', () => {
  test('id is never given twice, though its version is gone and the clock stands', async () => {
    const shelf = await new Shelf().open();
    await shelf.keep('enabled');
    const ids = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const id = versionIdOf(await shelf.put('a', `e${round}`));
      await shelf.remove('a', id);
      ids.add(id);
    }
    expect(ids.size).toBe(5);
  });

  test('id is never given twice, though its version is gone and a start finds an earlier clock', async () => {
    const shelf = await new Shelf().open();
    await shelf.keep('enabled');
    const ids: string[] = [];
    const leaps = [0, 0, 59_000, -59_000, 3 * 3_600_000, -3 * 3_600_000, 0, 30_000, 70_000, -100_000];
    for (const leapMs of leaps) {
      shelf.nowMs += leapMs;
      for (let round = 0; round < 3; round++) {
        const id = versionIdOf(await shelf.put('a', 'e'));
        await shelf.remove('a', id);
        ids.push(id);
      }
      await shelf.startAgain();
    }
    expect(ids).toEqual([...new Set(ids)].toSorted());
  });

  test('that was removed is written down once a minute, and one without an id is not', async () => {
    const shelf = await new Shelf().open();
    const covered = () => readRecord(shelf.kv, removedStampsCodec, removedStampsKey);
    await shelf.put('a', 'e');
    await shelf.remove('a');
    expect(await covered()).toBeUndefined();
    await shelf.keep('enabled');
    const written = new Set<number | undefined>();
    for (let second = 0; second < 120; second++) {
      await shelf.remove('a', versionIdOf(await shelf.put('a', 'e')));
      written.add((await covered())?.record.below);
      shelf.nowMs += 1_000;
    }
    expect(written.size).toBe(2);
  });

  test('of a key with many versions costs a listing of keys a seek', async () => {
    const shelf = await new Shelf().open();
    await shelf.keep('enabled');
    for (let round = 0; round < 60; round++) await shelf.put('a', `e${round}`);
    await shelf.put('b', 'last');
    const bucket = (await shelf.bucket()).record;
    const { versions, next } = await listKeys(shelf.kv, bucket, { prefix: '', delimiter: '', after: '', limit: 10 });
    expect([versions.map(({ etag }) => etag), next]).toEqual([['e59', 'last'], undefined]);
  });

  test('that is listed after one that is gone meanwhile comes next all the same', async () => {
    const shelf = await new Shelf().open();
    await shelf.keep('enabled');
    const ids = [];
    for (const etag of ['e0', 'e1', 'e2']) ids.push(versionIdOf(await shelf.put('a', etag)));
    const after = { key: 'a', versionId: ids[1] };
    await shelf.remove('a', ids[1]);
    const bucket = (await shelf.bucket()).record;
    const page = await listVersions(shelf.kv, bucket, { prefix: '', delimiter: '', after, limit: 10 });
    expect(page.versions.map(({ etag, isLatest }) => [etag, isLatest])).toEqual([['e0', false]]);
    const gone = await listVersions(shelf.kv, bucket, {
      prefix: '',
      delimiter: '',
      after: { key: 'a', versionId: 'null' },
      limit: 10,
    });
    expect(gone.versions).toEqual([]);
  });

  test('has other tags, and stays the same version; the log tells it', async () => {
    const shelf = await new Shelf().open();
    const { stamp } = await shelf.put('a', 'e');
    const bucket = (await shelf.bucket()).record;
    const { revision } = await shelf.kv.status();
    const version = await currentVersion(shelf.kv, bucket, 'a');
    if (version === undefined) throw new Error('it was put');
    const options = { tags: { colour: 'red' }, stamps: shelf.stamps };
    expect((await setVersionTags(shelf.kv, bucket, version, options))?.stamp).toBe(stamp);
    expect(await setVersionTags(shelf.kv, bucket, version, options)).toBeUndefined();
    expect((await currentVersion(shelf.kv, bucket, 'a'))?.record.tags).toEqual({ colour: 'red' });
    const [change] = await shelf.kv.changes(revision, 10);
    const entries = change?.puts.map(({ value }) => value) ?? [];
    expect(changeCodec.decode(entries[1] as Uint8Array)).toMatchObject({ kind: 'tags', key: 'a', stamp });
  });

  test.each(['', 'x', '0'.repeat(19), '0'.repeat(21), 'ffffffffffffffff0000', 'NULL'])('id is not %j', (text) => {
    expect(() => parseVersionId(text)).toThrow('not one of this store');
  });
});

test('a bucket that changes while something is put into it takes it by its new rule', async () => {
  const shelf = await new Shelf().open();
  const before = await shelf.bucket();
  await shelf.put('a', 'old');
  await shelf.keep('enabled');
  const version: NewVersion = {
    key: 'a',
    etag: 'new',
    site: 0,
    homeEpoch: 0,
    isDeleteMarker: false,
    bytes: 0,
    classId: 3,
    blocks: [],
    metadata: {},
  };
  const outcome = await putVersion(shelf.kv, { bucket: before, version, stamps: shelf.stamps, guard });
  expect(outcome.kind).toBe('committed');
  expect((await shelf.versions(10)).map(({ etag, isNull }) => [etag, isNull])).toEqual([
    ['new', false],
    ['old', true],
  ]);
});
