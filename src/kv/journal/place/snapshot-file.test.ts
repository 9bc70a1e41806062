import { expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { seededRandom } from '../../../base/random.ts';
import { MemoryDisk } from '../../../disk/memory/memory-disk.ts';
import type { Entry } from '../../kv.ts';
import { MemoryKv } from '../../memory/memory-kv.ts';
import type { SnapshotHeader } from '../format/snapshot-chunk.ts';
import { readSnapshot, readSnapshotHeader, writeSnapshot } from './snapshot-file.ts';

const random = seededRandom(3);
const header: SnapshotHeader = {
  storeId: newId<StoreId>(random),
  journalId: newId<VolumeId>(random),
  point: { sequence: 12, term: { number: 3, nonce: newId(random) }, revision: 9, hash: random.bytes(32) },
  set: { number: 2, members: [newId(random), newId(random)] },
  status: { revision: 9, trimmedTo: 4, incarnation: 'incarnation' },
};
const name = 'snapshot-000000000000012';

const entries: Entry[] = Array.from({ length: 600 }, (_, at) => ({
  key: utf8(`key ${String(at).padStart(4, '0')}`),
  value: random.bytes(random.integer(300)),
  revision: 1 + random.integer(9),
}));

async function* inBatches(): AsyncGenerator<readonly Entry[]> {
  for (let at = 0; at < entries.length; at += 250) yield entries.slice(at, at + 250);
}

async function written(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await writeSnapshot(disk, header, inBatches());
  return disk;
}

test('a snapshot comes back as it was written, and survives a power cut', async () => {
  const disk = (await written()).powerCut(random);
  const found = await readSnapshotHeader(disk, name);
  expect(found).toEqual(header);
  const read: Entry[] = [];
  for await (const batch of readSnapshot(disk, header).batches) read.push(...batch);
  expect(read).toEqual(entries);
});

test('a store restored from a snapshot holds its entries', async () => {
  const kv = new MemoryKv({ random });
  await kv.restore(readSnapshot(await written(), header));
  expect((await kv.range({ from: utf8(''), limit: 1000 })).entries).toEqual(entries);
  expect(await kv.status()).toMatchObject({ revision: 9, incarnation: 'incarnation' });
});
