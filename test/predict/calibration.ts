/**
 * Why: all that the planner is told of the store's delays comes from one configuration, the plainest: one copy and no
 * cache. No read is hedged there, so that the metrics see each to its end.
 */
import { bucketFor, putObjects, readObjects, uniformly } from './clients.ts';
import { usual } from './configuration.ts';
import type { DelayedStore } from './delayed-store.ts';
import { Predictor } from './predictions.ts';

const calibrating = { ...usual, copies: 1, writeQuorum: 1 };

export type Requests = { readonly writes: number; readonly reads: number };

/** Run in the store that the predictions are of, or in another of its kind. */
export async function calibrated(store: DelayedStore, { writes, reads }: Requests): Promise<Predictor> {
  const configuration = { ...calibrating, objects: writes };
  const bucket = await bucketFor(store, 'calibration', configuration);
  const earlier = store.metrics();
  const { bytesPerObject } = await putObjects(store, { bucket, ...configuration });
  await readObjects(store, { bucket, ...configuration, asked: uniformly(writes, reads) });
  return new Predictor(store.volumes, { earlier, later: store.metrics(), configuration, bytesPerObject });
}
