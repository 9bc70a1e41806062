import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { CopysetError } from '../../base/errors.ts';
import { seededRandom } from '../../base/random.ts';
import type { Body, ObjectStore, Slab } from '../store.ts';
import { windowBytes } from './messages.ts';
import { connectStore, type RemoteStore } from './remote-store.ts';
import { type StoreServer, serveStore } from './serve-store.ts';

const noHeaders = { metadata: {} };
const kibibyte = 1024;

let site: MemorySite;
let server: StoreServer;
let remote: RemoteStore;
let hangUp: () => void;

function connect(store: ObjectStore): void {
  const { port1, port2 } = new MessageChannel();
  server = serveStore(store, port2);
  remote = connectStore(port1);
  hangUp = () => port1.close();
}

beforeEach(async () => {
  site = await startMemorySite({ volumes: 4 });
  await site.store.createBucket('models', { set: { blockBytes: 2 ** 20 } });
  connect(site.store);
});
afterEach(() => hangUp());

function put(body: Body, signal?: AbortSignal) {
  return remote.store.put('models', 'key', { body, headers: noHeaders }, { signal });
}

/** Slabs of shared memory, and what became of them. */
function sharedBody(count: number, slabBytes: number) {
  const counts = { drawn: 0, released: 0 };
  async function* slabs(): AsyncGenerator<Slab> {
    for (; counts.drawn < count; ) {
      counts.drawn += 1;
      const bytes = new Uint8Array(new SharedArrayBuffer(slabBytes)).fill(counts.drawn);
      const release = () => {
        counts.released += 1;
      };
      yield { bytes, release };
    }
  }
  const seal = async () => ({ checksum: undefined });
  return { counts, body: { slabs: slabs(), declaredBytes: count * slabBytes, md5: undefined, seal } satisfies Body };
}

/** A body of which nothing comes until it is broken. */
function silentBody() {
  const broken = Promise.withResolvers<never>();
  const asked = vi.fn(() => broken.promise);
  const body: Body = {
    slabs: { [Symbol.asyncIterator]: () => ({ next: asked }) },
    declaredBytes: 10,
    md5: undefined,
    seal: async () => ({ checksum: undefined }),
  };
  return { asked, body, fail: (error: CopysetError) => broken.reject(error) };
}

function failing(error: unknown): ObjectStore {
  return { ...site.store, head: () => Promise.reject(error) };
}

describe('errors', () => {
  test('arrive as they were thrown, with what was behind them', async () => {
    const behind = new CopysetError('disk.io', 'a read failed', { cause: new RangeError('EIO') });
    const details = { what: 'object', volumes: ['a', 'b'], deleteMarker: true };
    connect(failing(new CopysetError('block.unavailable', 'no copy', { details, cause: behind })));
    const error = await remote.store.head('models', 'key').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CopysetError);
    expect(error).toMatchObject({ code: 'block.unavailable', kind: 'repair', message: 'no copy', details });
    const { cause } = error as CopysetError;
    expect(cause).toBeInstanceOf(CopysetError);
    expect(cause).toMatchObject({ code: 'disk.io', message: 'a read failed' });
    expect((cause as CopysetError).cause).toMatchObject({ name: 'RangeError', message: 'EIO' });
  });

  test('that are bugs show where they were made', async () => {
    connect(failing(new TypeError('x is undefined')));
    const error = await remote.store.head('models', 'key').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'bug', message: 'x is undefined' });
    expect((error as CopysetError).stack).toContain('toCopysetError');
    expect((error as CopysetError).cause).toMatchObject({ name: 'TypeError' });
  });

  test('of a body are what the put fails with, and of its seal', async () => {
    const { asked, body, fail } = silentBody();
    const broken = put(body);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    const details = { s3: 'IncompleteBody' };
    fail(new CopysetError('request.aborted', 'the client went away', { details }));
    await expect(broken).rejects.toMatchObject({ code: 'request.aborted', message: 'the client went away', details });
    const seal = () => Promise.reject(new CopysetError('request.digest_mismatch', 'another checksum'));
    await expect(put({ ...bodyOf(Buffer.from('hello')), seal })).rejects.toMatchObject({
      code: 'request.digest_mismatch',
      message: 'another checksum',
    });
    await expect(site.store.head('models', 'key')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('bytes', () => {
  test('of shared memory are lent, each slab given back once, and arrive whole', async () => {
    const { body, counts } = sharedBody(20, 100 * kibibyte);
    await put(body);
    await vi.waitFor(() => expect(counts).toEqual({ drawn: 20, released: 20 }));
    const stored = await readAll(await site.store.get('models', 'key'));
    expect(stored.length).toBe(20 * 100 * kibibyte);
    for (let at = 0; at < 20; at++) expect(stored[at * 100 * kibibyte]).toBe(at + 1);
  });

  test('are not drawn faster than the store takes them', async () => {
    const held = Promise.withResolvers<void>();
    let taken = 0;
    const slow: ObjectStore['put'] = async (bucket, key, object) => {
      for await (const slab of object.body.slabs) {
        taken += 1;
        slab.release();
        await held.promise;
      }
      await object.body.seal();
      return site.store.put(bucket, key, { ...object, body: bodyOf(Buffer.from('x')) });
    };
    connect({ ...site.store, put: slow });
    const { body, counts } = sharedBody(100, 64 * kibibyte);
    const written = put(body);
    await vi.waitFor(() => expect(taken).toBe(1));
    await remote.store.listBuckets(); // whatever was on its way before it has come
    expect(counts.drawn).toBeLessThanOrEqual(windowBytes / (64 * kibibyte) + 1);
    held.resolve();
    await written;
    expect([taken, counts.drawn]).toEqual([100, 100]);
  });

  test.each([0, 1, 64 * kibibyte, 64 * kibibyte + 1, 3 * 2 ** 20 + 7])(
    'of %d are read as they were put',
    async (length) => {
      const bytes = seededRandom(length).bytes(length);
      await put(bodyOf(bytes));
      expect(Buffer.compare(await readAll(await remote.store.get('models', 'key')), bytes)).toBe(0);
      await vi.waitFor(() => expect([server.running, server.loans, site.context.memory.inUse]).toEqual([0, 0, 0]));
    },
  );

  test('that nobody reads on, or at all, are given back', async () => {
    await put(bodyOf(seededRandom(1).bytes(2 ** 20)));
    const unread = await remote.store.get('models', 'key');
    expect(server.running).toBe(1);
    await unread.slabs[Symbol.asyncIterator]().return?.();
    for await (const slab of (await remote.store.get('models', 'key')).slabs) {
      await vi.waitFor(() => expect(server.loans).toBe(4)); // more of them have come, and nobody takes them
      slab.release();
      break;
    }
    await vi.waitFor(() => expect([server.running, server.loans, site.context.memory.inUse]).toEqual([0, 0, 0]));
  });

  test('that nobody reads are closed where they lie', async () => {
    await put(bodyOf(Buffer.from('abcd')));
    const close = vi.fn(async () => ({ done: true, value: undefined }) as const);
    const reader = { next: close, return: close };
    const get: ObjectStore['get'] = async () => {
      const info = await site.store.head('models', 'key');
      const slabs = { [Symbol.asyncIterator]: () => reader };
      return { info, range: { from: 0, to: 2 ** 20 }, slabs, pieces: slabs, atHand: () => undefined };
    };
    connect({ ...site.store, get });
    const { slabs } = await remote.store.get('models', 'key');
    await slabs[Symbol.asyncIterator]().return?.();
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
  });

  test('that cannot be read fail where they are read, however few they are', async () => {
    async function* damaged(): AsyncGenerator<Slab> {
      yield { bytes: Buffer.from('ab'), release: () => undefined };
      throw new CopysetError('block.unavailable', 'no good copy');
    }
    for (const to of [4, 2 ** 20]) {
      const get: ObjectStore['get'] = async () => {
        const info = await site.store.head('models', 'key');
        const slabs = damaged();
        return { info, range: { from: 0, to }, slabs, pieces: slabs, atHand: () => undefined };
      };
      await put(bodyOf(Buffer.from('abcd')));
      connect({ ...site.store, get });
      const read = readAll(await remote.store.get('models', 'key'));
      await expect(read).rejects.toMatchObject({ code: 'block.unavailable' });
      await vi.waitFor(() => expect(server.running).toBe(0));
    }
  });
});

describe('a call', () => {
  test('that is given up ends with the reason, on both sides', async () => {
    const { asked, body, fail } = silentBody();
    const giveUp = new AbortController();
    const aborted = put(body, giveUp.signal);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    giveUp.abort(new CopysetError('timeout', 'too slow'));
    fail(new CopysetError('timeout', 'too slow')); // as a front does with the body of a request that it gives up
    await expect(aborted).rejects.toMatchObject({ code: 'timeout', message: 'too slow' });
    await vi.waitFor(() => expect(server.running).toBe(0));
    await expect(put(bodyOf(Buffer.from('x')), giveUp.signal)).rejects.toMatchObject({ code: 'timeout' });
  });

  test('that is given up while its bytes come gives them back', async () => {
    await put(bodyOf(seededRandom(1).bytes(4 * 2 ** 20)));
    const giveUp = new AbortController();
    const { slabs } = await remote.store.get('models', 'key', giveUp);
    const read = async () => {
      for await (const slab of slabs) {
        giveUp.abort();
        slab.release();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'request.aborted' });
    await vi.waitFor(() => expect([server.running, server.loans, site.context.memory.inUse]).toEqual([0, 0, 0]));
  });

  test('carries its options and nothing else that its caller has at hand', async () => {
    await put(bodyOf(Buffer.from('x')));
    const more = { versionId: undefined, may: () => true, body: silentBody().body };
    expect(await remote.store.head('models', 'key', more)).toEqual(await site.store.head('models', 'key'));
  });
});

describe('when one end goes', () => {
  test('the store gives up what runs for a client, and has back what it lent', async () => {
    await put(bodyOf(seededRandom(1).bytes(4 * 2 ** 20)));
    const { slabs } = await remote.store.get('models', 'key');
    await slabs[Symbol.asyncIterator]().next();
    const { asked, body } = silentBody();
    const open = put(body);
    open.catch(() => undefined); // the client is as good as gone
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    await server.close(new CopysetError('closed', 'the thread ended'));
    await vi.waitFor(() => expect([server.running, server.loans, site.context.memory.inUse]).toEqual([0, 0, 0]));
  });

  test('clients are told, those who wait and those who come', async () => {
    const { asked, body } = silentBody();
    const open = put(body);
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    remote.close(new CopysetError('closed', 'the store stops'));
    await expect(open).rejects.toMatchObject({ code: 'closed' });
    await expect(remote.store.listBuckets()).rejects.toMatchObject({ code: 'closed' });
  });
});
