import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { newId, type StoreId, type VolumeId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { openNodeDisk } from '../../disk/node/node-disk.ts';
import { kvConformance } from '../kv.conformance.ts';
import type { Kv } from '../kv.ts';
import { MemoryKv } from '../memory/memory-kv.ts';
import { openSqliteKv } from '../sqlite/sqlite-kv.ts';
import { openJournaledKv } from './journaled-kv.ts';
import type { JournalPlace } from './place/journal-place.ts';

const random = seededRandom(7);
const clock = systemClock;
const limits = { reserveBytes: 4096 };
const root = await mkdtemp(join(tmpdir(), 'copyset-journal-'));
afterAll(() => rm(root, { recursive: true }));

function place(disk: JournalPlace['disk'], index: number): JournalPlace {
  return { id: newId<VolumeId>(random), disk, domain: `disk ${index}` };
}

kvConformance(
  'journals on memory disks over the memory driver',
  async () => {
    const journals = [1, 2, 3].map((index) => place(new MemoryDisk(), index));
    const storeId = newId<StoreId>(random);
    return openJournaledKv({ inner: new MemoryKv({ random }), journals, storeId, clock, random, limits });
  },
  { dense: true, runs: 50 },
);

type OnDisk = { readonly path: string; readonly journals: readonly JournalPlace[]; readonly storeId: StoreId };
const stores = new WeakMap<Kv, OnDisk>();

async function open({ path, journals, storeId }: OnDisk): Promise<Kv> {
  const inner = await openSqliteKv({ path, random });
  const kv = await openJournaledKv({ inner, journals, storeId, clock, random, limits });
  stores.set(kv, { path, journals, storeId });
  return kv;
}

kvConformance(
  'journals on real disks over SQLite',
  async () => {
    const folder = await mkdtemp(join(root, 'store-'));
    const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
    for (const path of paths) await mkdir(path);
    const journals = paths.map((path, index) => place(openNodeDisk(path), index));
    return open({ path: join(folder, 'catalog'), journals, storeId: newId<StoreId>(random) });
  },
  { dense: true, runs: 10, reopen: (closed) => open(stores.get(closed) as OnDisk) },
);
