/** Why: what the planner says of writes and reads of a configuration, and what clients then see. */
import { calibrated, type Requests } from './calibration.ts';
import { bucketFor, putObjects, readObjects, uniformly } from './clients.ts';
import type { Comparison } from './comparison.ts';
import { type Configuration, MiB, nameOf, usual } from './configuration.ts';
import { DelayedStore } from './delayed-store.ts';

export const latencyConfigurations: readonly Omit<Configuration, 'objects'>[] = [
  { ...usual, copies: 2 },
  usual,
  { ...usual, writeQuorum: 3 },
  { ...usual, copies: 4, writeQuorum: 3, blockBytes: 4 * MiB, objectBytes: 2 * MiB },
  { ...usual, copies: 5, writeQuorum: 4 },
  { ...usual, objectBytes: 3 * MiB },
  { ...usual, copies: 2, blockBytes: 2 * MiB, objectBytes: 4 * MiB },
];

export type LatencyExtent = {
  /** Of the calibration. */
  readonly calibrating: Requests;
  /** Of the configuration that was predicted. */
  readonly measuring: Requests;
};

/**
 * In a store of its own. Calibration is right before, for what else the machine does changes from minute to minute.
 */
export async function latencies(
  folder: string,
  planned: Omit<Configuration, 'objects'>,
  { calibrating, measuring: { writes, reads } }: LatencyExtent,
): Promise<Comparison[]> {
  const configuration = { ...planned, objects: writes };
  await using store = await DelayedStore.begin(folder, { cacheBytes: 0 });
  const predicted = (await calibrated(store, calibrating)).predict(configuration);
  const bucket = await bucketFor(store, 'measured', configuration);
  const writing = await putObjects(store, { bucket, ...configuration });
  const reading = await readObjects(store, { bucket, ...configuration, asked: uniformly(writes, reads) });
  const row = (what: string, [was, is]: readonly [number, number], most: number): Comparison => ({
    configuration: nameOf(configuration),
    what,
    unit: what.startsWith('bytes') ? 'bytes' : 'ms',
    predicted: was,
    measured: is,
    bound: { kind: 'relative', most },
  });
  return [
    row('write, median', [predicted.writeP50Sec, writing.p50Sec], 0.1),
    row('read, p50', [predicted.readP50Sec, reading.p50Sec], 0.15),
    row('read, p99', [predicted.readP99Sec, reading.p99Sec], 0.15),
    row('bytes written per object', [predicted.writtenBytesPerWrite, writing.bytesPerObject], 0.05),
  ];
}
