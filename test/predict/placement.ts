/** Why: where copies lie and what moves follows from the layout alone; the planner must know it to the partition. */
import type { VolumeId } from '../../src/base/ids.ts';
import { distinctCopysets, movementOf } from '../../src/layout/layout-measures.ts';
import { Scene } from '../../src/plan/evaluate/scene.ts';
import { poolChange } from '../../src/plan/search/diff.ts';
import { bucketFor, putObjects } from './clients.ts';
import type { Comparison } from './comparison.ts';
import { nameOf, usual } from './configuration.ts';
import { DelayedStore } from './delayed-store.ts';
import { designOf, inputsOf, type Predictor } from './predictions.ts';

const classes = [1, 2, 3, 4, 5];

/** The copysets of all classes, and what moves when a seventh volume joins. */
export async function joining(store: DelayedStore, path: string): Promise<Comparison[]> {
  const before = store.volumes;
  const layouts = () => Promise.all(classes.map((copies) => store.layout(copies)));
  const first = await layouts();
  await store.atFullSpeed(async () => {
    await store.addVolume(path);
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

/** A volume is taken away under the running store, which finds out by itself. */
export async function losing(predictor: Predictor, folder: string, objects: number): Promise<Comparison[]> {
  const lossy = { ...usual, objects };
  const { repairSec } = predictor.predict(lossy);
  await using store = await DelayedStore.begin(folder, { cacheBytes: 0 });
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
