/**
 * Why: a record of the catalog begins with its version. A newer program writes it as any commit; here that is done with
 * the catalog's own parts, while nobody serves the store.
 */
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { keyPrefixes, type RecordKind, rangeOf } from '../../src/catalog/codec/keys.ts';
import { openNodeDisk } from '../../src/disk/node/node-disk.ts';
import type { Kv } from '../../src/kv/kv.ts';
import { silentLog } from '../../src/observe/log.ts';
import { openCatalog } from '../../src/server/catalog/open-catalog.ts';
import { Jobs } from '../../src/server/jobs.ts';
import { readStoreDirectory } from '../../src/server/store-directory.ts';

const newer = 99;

/** Raises the first record of a kind; resolves with a check that it is still as it was raised. */
export async function raiseRecord(store: string, kind: RecordKind): Promise<() => Promise<void>> {
  const { from, to } = rangeOf(kind);
  const read = async (kv: Kv) => (await kv.range({ from, to, limit: 1 })).entries[0];
  const raised = await withCatalog(store, async (kv) => {
    const entry = await read(kv);
    if (entry === undefined) throw new Error(`there is no record ${keyPrefixes[kind]}`);
    const value = Uint8Array.of(newer, ...entry.value.subarray(1));
    await kv.commit({ put: [{ key: entry.key, value }] });
    return { key: entry.key, value };
  });
  return async () => {
    expect(await withCatalog(store, read)).toMatchObject(raised);
  };
}

async function withCatalog<T>(store: string, work: (kv: Kv) => Promise<T>): Promise<T> {
  const room = { clock: systemClock, random: systemRandom, log: silentLog };
  const directory = await readStoreDirectory({ home: openNodeDisk(store), path: store, ...room });
  const catalog = await openCatalog({
    directory,
    folder: join(store, 'catalog'),
    jobs: new Jobs(systemClock),
    patient: false,
    ...room,
  });
  try {
    return await work(catalog.kv);
  } finally {
    await catalog.close();
  }
}
