import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bodyOf, readAll } from '../../../test/support/bodies.ts';
import { newFileVolume, readExtent } from '../../../test/support/file-volumes.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { CopysetError } from '../../base/errors.ts';
import { libc } from '../../base/libc.ts';
import { seededRandom } from '../../base/random.ts';
import type { Extent, Piece } from '../store.ts';
import { connectStore, type RemoteStore } from './remote-store.ts';
import { type StoreServer, serveStore } from './serve-store.ts';

const blockBytes = 2 ** 20;
const content = seededRandom(7).bytes(3 * blockBytes + 100_000);

describe.runIf(libc !== undefined)('places in files', () => {
  let root: string;
  let site: MemorySite;
  let server: StoreServer;
  let remote: RemoteStore;
  let hangUp: () => void;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'copyset-lend-'));
    site = await startMemorySite({
      volumes: 1,
      openVolume: (volumeId) => newFileVolume(join(root, volumeId), volumeId),
      bucketDefaults: { copies: 1, writeQuorum: 1, blockBytes },
    });
    const { port1, port2 } = new MessageChannel();
    server = serveStore(site.store, port2);
    remote = connectStore(port1);
    hangUp = () => port1.close();
    await site.store.createBucket('bucket');
    await site.store.put('bucket', 'key', { body: bodyOf(content), headers: { metadata: {} } });
    for (let time = 0; time < 2; time++) await readAll(await site.store.get('bucket', 'key')); // opened and verified
  });
  afterEach(async () => {
    hangUp();
    await site.members.all()[0]?.volume?.close();
    await rm(root, { recursive: true });
  });

  const pieces = async () => (await remote.store.get('bucket', 'key')).pieces;
  const everythingIsBack = () =>
    vi.waitFor(() => expect([server.running, server.loans, site.context.memory.inUse]).toEqual([0, 0, 0]));

  async function firstOf(drawn: AsyncIterable<Piece>): Promise<Extent> {
    const { value } = await drawn[Symbol.asyncIterator]().next();
    return value as Extent;
  }

  test('are lent to who draws pieces, hold what was put, and go back', async () => {
    const seen: Uint8Array[] = [];
    for await (const piece of await pieces()) {
      expect('span' in piece).toBe(true);
      seen.push(readExtent(piece as Extent));
      expect(server.loans).toBeGreaterThan(0);
      piece.release();
    }
    expect(Buffer.compare(Buffer.concat(seen), content)).toBe(0);
    await everythingIsBack();
  });

  test('are not lent to who draws slabs', async () => {
    expect(Buffer.compare(await readAll(await remote.store.get('bucket', 'key')), content)).toBe(0);
    await everythingIsBack();
  });

  test('that could not be sent whole are read from there on', async () => {
    const drawn = await pieces();
    const first = await firstOf(drawn);
    const rest: Uint8Array[] = [];
    for await (const slab of first.rest(70_000)) {
      rest.push(Buffer.from(slab.bytes));
      slab.release();
    }
    expect(Buffer.compare(Buffer.concat(rest), content.subarray(70_000, blockBytes))).toBe(0);
    first.release();
    await drawn[Symbol.asyncIterator]().return?.();
    await everythingIsBack();
  });

  test('whose rest nobody reads on leave nothing behind', async () => {
    const drawn = await pieces();
    const first = await firstOf(drawn);
    for await (const slab of first.rest(0)) {
      slab.abandon?.();
      break;
    }
    first.release();
    await drawn[Symbol.asyncIterator]().return?.();
    await everythingIsBack();
  });

  test('that were given back have no rest', async () => {
    const drawn = await pieces();
    const first = await firstOf(drawn);
    first.release();
    await expect(Array.fromAsync(first.rest(0))).rejects.toMatchObject({ code: 'closed' });
    await drawn[Symbol.asyncIterator]().return?.();
    await everythingIsBack();
  });

  test('go back when their borrower is gone: the volume can close', async () => {
    await firstOf(await pieces());
    await vi.waitFor(() => expect(server.loans).toBeGreaterThan(0));
    await server.close(new CopysetError('closed', 'the thread ended'));
    expect([server.running, server.loans]).toEqual([0, 0]);
    await site.members.all()[0]?.volume?.close();
  });
});
