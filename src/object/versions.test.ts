import { beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, readAll } from '../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../test/support/memory-site.ts';
import { utf8 } from '../base/bytes.ts';
import type { WriteOptions } from './store.ts';

const noHeaders = { metadata: {} };

let site: MemorySite;
beforeEach(async () => {
  site = await startMemorySite({ volumes: 4 });
  await site.store.createBucket('models');
});

function put(text: string, options: WriteOptions = {}) {
  return site.store.put('models', 'k', { body: bodyOf(utf8(text)), headers: noHeaders }, options);
}

async function read(versionId?: string): Promise<string> {
  return (await readAll(await site.store.get('models', 'k', { versionId }))).toString();
}

describe('a bucket with versions', () => {
  beforeEach(() => site.store.changeBucket('models', { versioning: 'enabled' }));

  test('gives each put an id, and keeps what was there', async () => {
    const [one, two] = [await put('one'), await put('two')];
    expect(new Set([one.versionId, two.versionId]).size).toBe(2);
    expect([await read(), await read(one.versionId), await read(two.versionId)]).toEqual(['two', 'one', 'two']);
  });

  test('keeps all behind a delete marker, which is no object', async () => {
    const { versionId } = await put('one');
    const marker = await site.store.delete('models', 'k');
    expect(marker).toEqual({ versionId: expect.stringMatching(/^[0-9a-f]{20}$/), isDeleteMarker: true });
    await expect(read()).rejects.toMatchObject({
      code: 'not_found',
      details: { what: 'object', deleteMarker: true, versionId: marker.versionId },
    });
    await expect(read(marker.versionId)).rejects.toMatchObject({ details: { what: 'delete_marker' } });
    expect(await read(versionId)).toBe('one');
    expect((await site.store.list('models', { prefix: '', delimiter: '', after: '', limit: 10 })).objects).toEqual([]);
    expect(await site.store.delete('models', 'k', { versionId: marker.versionId })).toEqual(marker);
    expect(await read()).toBe('one');
  });

  test('takes a version away for ever; one that is not there is no error', async () => {
    const { versionId } = await put('one');
    await put('two');
    expect(await site.store.delete('models', 'k', { versionId })).toEqual({ versionId, isDeleteMarker: false });
    expect(await site.store.delete('models', 'k', { versionId })).toEqual({ versionId, isDeleteMarker: false });
    await expect(read(versionId)).rejects.toMatchObject({ details: { what: 'version' } });
    await expect(read('x')).rejects.toMatchObject({ code: 'request.invalid', details: { what: 'version_id' } });
  });

  test('that are suspended replaces the one that is called null', async () => {
    const kept = await put('kept');
    await site.store.changeBucket('models', { versioning: 'suspended' });
    expect((await put('one')).versionId).toBe('null');
    await put('two');
    expect([await read(), await read('null'), await read(kept.versionId)]).toEqual(['two', 'two', 'kept']);
    expect(await site.store.delete('models', 'k')).toEqual({ versionId: 'null', isDeleteMarker: true });
    const { versions } = await site.store.listVersions('models', {
      prefix: '',
      delimiter: '',
      after: undefined,
      limit: 10,
    });
    expect(versions.map(({ versionId, isDeleteMarker, isLatest }) => [versionId, isDeleteMarker, isLatest])).toEqual([
      ['null', true, true],
      [kept.versionId, false, false],
    ]);
    await expect(site.store.deleteBucket('models')).rejects.toMatchObject({ code: 'not_empty' });
  });

  test('copies the version that is named', async () => {
    const { versionId } = await put('one');
    await put('two');
    await site.store.copy({ bucket: 'models', key: 'k', versionId }, { bucket: 'models', key: 'k' });
    expect(await read()).toBe('one');
  });
});

describe('a condition', () => {
  test('on what is there: refused early, and again in the commit', async () => {
    const { etag } = await put('one');
    await expect(put('x', { condition: { ifNoneMatch: '*' } })).rejects.toMatchObject({ code: 'precondition_failed' });
    await expect(put('x', { condition: { ifMatch: ['other'] } })).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    await put('two', { condition: { ifMatch: [etag] } });
    await put('three', { condition: { ifMatch: '*', ifNoneMatch: [etag] } });
    expect(await read()).toBe('three');
  });

  test('on what is not there', async () => {
    await expect(put('x', { condition: { ifMatch: '*' } })).rejects.toMatchObject({ details: { what: 'object' } });
    await put('one', { condition: { ifNoneMatch: '*' } });
    expect(await read()).toBe('one');
  });

  test('lets one of many through', async () => {
    const puts = Array.from({ length: 8 }, (_, at) => put(`${at}`, { condition: { ifNoneMatch: '*' } }));
    const outcomes = await Promise.allSettled(puts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('of a delete and of a copy', async () => {
    const { etag } = await put('one');
    const other = { condition: { ifMatch: ['other'] } };
    await expect(site.store.delete('models', 'k', other)).rejects.toMatchObject({ code: 'precondition_failed' });
    const path = { bucket: 'models', key: 'k' };
    await expect(site.store.copy(path, path, other)).rejects.toMatchObject({ code: 'precondition_failed' });
    const never = () => {
      throw new Error('the source is not as wanted');
    };
    await expect(site.store.copy({ ...path, condition: never }, path)).rejects.toThrow('not as wanted');
    await site.store.delete('models', 'k', { condition: { ifMatch: [etag] } });
    await expect(read()).rejects.toMatchObject({ details: { what: 'object' } });
  });

  test('does not take a delete marker for an object', async () => {
    await site.store.changeBucket('models', { versioning: 'enabled' });
    await put('one');
    await site.store.delete('models', 'k');
    await put('two', { condition: { ifNoneMatch: '*' } });
    expect(await read()).toBe('two');
  });
});

describe('tags', () => {
  test('come with the object, go with a copy, and are replaced', async () => {
    const tags = { colour: 'red' };
    await site.store.put('models', 'k', { body: bodyOf(utf8('x')), headers: noHeaders, tags });
    await site.store.copy({ bucket: 'models', key: 'k' }, { bucket: 'models', key: 'copy' });
    expect((await site.store.head('models', 'copy')).tags).toEqual(tags);
    const before = await site.store.head('models', 'k');
    const changed = await site.store.setTags('models', 'k', { colour: 'blue' });
    expect(changed).toEqual({ ...before, tags: { colour: 'blue' } });
    await Promise.all(Array.from({ length: 5 }, (_, at) => site.store.setTags('models', 'k', { at: `${at}` })));
    expect(Object.keys((await site.store.head('models', 'k')).tags)).toEqual(['at']);
    await expect(site.store.setTags('models', 'none', {})).rejects.toMatchObject({ details: { what: 'object' } });
  });
});

describe('a bucket', () => {
  test('keeps documents as they were sent, up to their limit, and gives them back', async () => {
    const { documents } = await site.store.changeBucket('models', { policy: '{}', cors: '<x/>' });
    expect(documents).toEqual({ policy: '{}', cors: '<x/>' });
    await expect(site.store.changeBucket('models', { policy: 'x'.repeat(65_537) })).rejects.toMatchObject({
      code: 'request.too_large',
    });
    const changed = await site.store.changeBucket('models', { policy: undefined, tags: { team: 'a' } });
    expect([changed.documents, changed.tags]).toEqual([{ policy: undefined, cors: '<x/>' }, { team: 'a' }]);
    expect(await site.store.headBucket('models')).toEqual(changed);
  });

  test('has options that are checked', async () => {
    const { options } = await site.store.changeBucket('models', { options: { writeQuorum: 3 } });
    expect(options.writeQuorum).toBe(3);
    await expect(site.store.changeBucket('models', { options: { writeQuorum: 4 } })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });
});
