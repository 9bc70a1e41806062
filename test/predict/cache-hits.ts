/** Why: what the cache answers depends on how objects are asked for: by popularity, or all of them in turn. */
import { join } from 'node:path';
import { askedFor, bucketFor, hitRatioOf, putObjects } from './clients.ts';
import type { Comparison } from './comparison.ts';
import { type Configuration, KiB, nameOf, usual } from './configuration.ts';
import { DelayedStore } from './delayed-store.ts';
import { evaluated } from './predictions.ts';

const cached = { ...usual, copies: 2, objectBytes: 64 * KiB, objects: 400 };
const dataBytes = cached.objects * cached.objectBytes;

const configurations: readonly Required<Configuration>[] = [
  { ...cached, asked: 'zipf', cacheBytes: 0.05 * dataBytes },
  { ...cached, asked: 'zipf', cacheBytes: 0.25 * dataBytes },
  { ...cached, asked: 'epoch-scan', cacheBytes: 0.5 * dataBytes },
  { ...cached, asked: 'epoch-scan', cacheBytes: 2 * dataBytes },
];

const warmingReads = 3 * cached.objects;

/** Without delays: they do not change what is found. */
export async function hitRatios(folder: string, reads: number): Promise<Comparison[]> {
  const rows: Comparison[] = [];
  for (const [index, each] of configurations.entries()) {
    await using store = await DelayedStore.begin(join(folder, String(index)), each);
    const predicted = evaluated(store.volumes, each).cacheHit;
    const bucket = await bucketFor(store, 'cached', each);
    const asked = askedFor(each, warmingReads + reads);
    const measured = await store.atFullSpeed(async () => {
      await putObjects(store, { bucket, ...each });
      await hitRatioOf(store, bucket, asked.slice(0, warmingReads));
      return hitRatioOf(store, bucket, asked.slice(warmingReads));
    });
    const bound = { kind: 'points', most: 3 } as const;
    rows.push({ configuration: nameOf(each), what: 'cache hit ratio', unit: 'share', predicted, measured, bound });
  }
  return rows;
}
