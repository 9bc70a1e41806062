/** Why: where copies lie and what moves follows from the layout alone; the planner must know it to the partition. */
import { join } from 'node:path';
import type { VolumeId } from '../../src/base/ids.ts';
import { distinctCopysets, movementOf } from '../../src/layout/layout-measures.ts';
import { Scene } from '../../src/plan/evaluate/scene.ts';
import { poolChange } from '../../src/plan/search/diff.ts';
import { calibrated, type Requests } from './calibration.ts';
import { bucketFor, putObjects } from './clients.ts';
import type { Comparison } from './comparison.ts';
import { type Configuration, nameOf, usual } from './configuration.ts';
import { DelayedStore } from './delayed-store.ts';
import { designOf, inputsOf } from './predictions.ts';

const classes = [1, 2, 3, 4, 5];

/** The copysets of all classes, and what moves when a seventh volume joins. */
export async function joining(folder: string): Promise<Comparison[]> {
  await using store = await DelayedStore.begin(folder, { cacheBytes: 0 });
  const before = store.volumes;
  const layouts = () => Promise.all(classes.map((copies) => store.layout(copies)));
  const first = await layouts();
  await store.atFullSpeed(async () => {
    await store.addVolume(join(folder, 'volumes', 'v7'));
    await store.healed();
  });
  const second = await layouts();
  return first.flatMap((was, index) => {
    const is = second[index];
    if (is === undefined) return [];
    const predicted = predictedChange(was.copies, before, store.volumes);
    const configuration = `M ${was.copies}, six volumes`;
    return [
      exactly(configuration, 'copysets', [predicted.copysets, distinctCopysets(was)]),
      exactly(configuration, 'copies moved when a seventh joins', [predicted.movedPairs, movementOf(was, is).pairs]),
    ];
  });
}

export type Loss = { readonly calibrating: Requests; readonly objects: number };

/** A volume is taken away under the running store, which finds out by itself. */
export async function losing(folder: string, { calibrating, objects }: Loss): Promise<Comparison[]> {
  const lossy = { ...usual, objects };
  const repairSec = await predictedRepairSec(join(folder, 'calibrated'), calibrating, lossy);
  await using store = await DelayedStore.begin(join(folder, 'lossy'), { cacheBytes: 0 });
  const bucket = await bucketFor(store, 'repaired', lossy);
  await store.atFullSpeed(() => putObjects(store, { bucket, ...lossy }));
  const before = store.volumes;
  const was = await store.layout(lossy.copies);
  const startedMs = performance.now();
  const lost = await store.loseVolume();
  const is = await store.layout(lossy.copies);
  await store.healed();
  const measured = (performance.now() - startedMs) / 1000;
  const { movedPairs } = predictedChange(
    lossy.copies,
    before,
    before.filter((id) => id !== lost),
  );
  const configuration = `${nameOf(lossy)}, ${objects} of them`;
  const bound = { kind: 'relative', most: 0.2 } as const;
  return [
    exactly(configuration, 'copies moved when a volume is lost', [movedPairs, movementOf(was, is).pairs]),
    { configuration, what: 'repair of a lost volume', unit: 's', predicted: repairSec, measured, bound },
  ];
}

/** In a store of its own: of the single copies that calibration makes, a loss would leave none. */
async function predictedRepairSec(folder: string, calibrating: Requests, lossy: Configuration): Promise<number> {
  await using store = await DelayedStore.begin(folder, { cacheBytes: 0 });
  return (await calibrated(store, calibrating)).predict(lossy).repairSec;
}

/** Of 1,024 partitions in that many copies. */
function predictedChange(copies: number, before: readonly VolumeId[], after: readonly VolumeId[]) {
  const configuration = { ...usual, copies, writeQuorum: 1, objects: 1 };
  const [was, is] = [inputsOf(before, configuration), inputsOf(after, configuration)];
  const design = designOf(configuration, was);
  const { copysets } = new Scene(was).layoutFigures(design);
  return { copysets, movedPairs: poolChange(design, was.nodes, is.nodes).movedPairs };
}

function exactly(configuration: string, what: string, [predicted, measured]: readonly [number, number]): Comparison {
  return { configuration, what, unit: 'count', predicted, measured, bound: { kind: 'exact' } };
}
