/**
 * Why: what ends data, from single failures to lost sites and operators, over the copysets that the layout really
 * makes.
 */
import { combinedLoss, mttdl, repairTime, ureProbability } from '../formulas/durability.ts';
import { type Design, storageOverhead, tolerance } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import { range, sumOf } from '../numeric/lists.ts';
import { atLeastOnce, binomialAbove } from '../numeric/probability.ts';
import { mean } from '../numeric/statistics.ts';
import { yearSec } from '../units.ts';
import { blocksOf } from './access.ts';
import { gridMean, gridOf, kthOf, plus, shifted } from './grid.ts';
import type { LayoutFigures, Place, Scene } from './scene.ts';

export type Durability = {
  readonly annualLossProbability: number;
  /** Of the data, per year; losses by operators and software left out. */
  readonly lostShareExpected: number;
  readonly repairSec: number;
  readonly copysets: number;
  readonly leading: 'independent' | 'bursts' | 'sites' | 'operator';
};

export function logicalBytes(inputs: PlannerInputs): number {
  return sumOf(inputs.workloads, (workload) => workload.objects.value * workload.objectBytes.value);
}

export function durabilityOf(scene: Scene, design: Design): Durability {
  const place = scene.place(design);
  const layout = scene.layoutFigures(design);
  const repairSec = repairSecOf(scene, design, layout);
  const independent = independentLoss(scene, design, { place, layout, repairSec });
  const bursts = burstLoss(scene.inputs, design, layout);
  const sites = siteLoss(scene, design, place);
  const { operatorLossPerYear } = scene.inputs.store;
  const causes = { independent: independent.any, bursts: bursts.any, sites, operator: operatorLossPerYear.value };
  return {
    ...combinedLoss(causes),
    lostShareExpected: independent.share + bursts.share + sites,
    repairSec,
    copysets: layout.copysets,
  };
}

/** Any loss per year, and the share of the data that it takes on average. */
type Loss = { readonly any: number; readonly share: number };

function bytesPerNode(scene: Scene, design: Design, place: Place): number {
  return (logicalBytes(scene.inputs) * storageOverhead(design)) / place.pool.length;
}

function repairSecOf(scene: Scene, design: Design, layout: LayoutFigures): number {
  const place = scene.place(design);
  const { store } = scene.inputs;
  const partners = Math.max(1, Math.min(layout.scatterWidth, place.pool.length - 1));
  const dataBytes = bytesPerNode(scene, design, place);
  const blockBytes = meanBlockBytes(scene.inputs, design);
  const perBlockSec = perBlockRepairSec(scene.inputs, place, dataBytes / blockBytes);
  const nodeBps = mean(place.pool.map((node) => Math.min(node.netBps.value, node.diskBps.value)));
  return repairTime({
    dataBytes,
    blockBytes,
    readShards: design.ec?.k ?? 1,
    sources: partners,
    targets: partners,
    nodeBps,
    throttle: store.repairShare.value,
    perBlockSec,
    concurrencyPerSource: store.repairConcurrency.value / partners,
    detectSec: store.detectSec.value,
  }).totalSec;
}

/** Objects smaller than B are blocks of their own size. */
function meanBlockBytes(inputs: PlannerInputs, design: Design): number {
  const blocks = sumOf(inputs.workloads, (workload) => workload.objects.value * blocksOf(design, workload));
  return logicalBytes(inputs) / blocks;
}

/** Repair goes through the partitions in so many runs, each of which is done before the next begins. */
const repairRuns = 32;

/**
 * A block is read from one node and then written to another, so many at once; the last ones of a run, half as
 * many on average, leave places empty and are waited for. What that costs is shared out to the blocks.
 */
function perBlockRepairSec({ store }: PlannerInputs, { pool }: Place, blocks: number): number {
  const [node] = pool;
  if (node === undefined) return 0;
  const one = shifted(plus(gridOf(node.diskReadSec.value), gridOf(node.diskWriteSec.value)), store.perBlockSec.value);
  const perRun = blocks / repairRuns;
  const together = store.repairConcurrency.value;
  if (perRun > manyPerRun * together) return gridMean(one);
  const last = Math.max(1, Math.round(Math.min(perRun, (together + 1) / 2)));
  const waves = Math.max(1, perRun / together + (1 - 1 / together) / 2);
  const runSec =
    (waves - 1) * gridMean(one) +
    gridMean(
      kthOf(
        range(last).map(() => one),
        last,
      ),
    );
  return Math.max(gridMean(one), (runSec * repairRuns * together) / blocks);
}

/** Waves of a run beyond which its end does not count. */
const manyPerRun = 50;

type Chain = { readonly place: Place; readonly layout: LayoutFigures; readonly repairSec: number };

/** One after another, faster than repair; and a latent error met when the last spare is being rebuilt. */
function independentLoss(scene: Scene, design: Design, { place, layout, repairSec }: Chain): Loss {
  const n = design.placement.length;
  const lossPerYear = mean(place.pool.map((node) => node.lossPerYear.value));
  const chain = { n, mtbfSec: yearSec / lossPerYear, mttrSec: repairSec, repair: 'parallel' as const };
  const lostPerYear = layout.copysets / mttdl({ ...chain, tolerate: tolerance(design) }).mttdlYears;
  if (tolerance(design) === 0) return { any: lostPerYear, share: lostPerYear / layout.copysets };
  const exposedPerYear = layout.copysets / mttdl({ ...chain, tolerate: tolerance(design) - 1 }).mttdlYears;
  const readBytes = logicalBytes(scene.inputs) / layout.copysets;
  const latent =
    exposedPerYear * ureProbability({ bitErrorRate: scene.inputs.store.bitErrorRate.value, bytes: readBytes }).value;
  const blockShare = design.blockBytes / logicalBytes(scene.inputs);
  return { any: lostPerYear + latent, share: lostPerYear / layout.copysets + latent * Math.min(1, blockShare) };
}

/** In a burst each node goes with a probability of its own; the pool is too small to count on the mean. */
function burstLoss(inputs: PlannerInputs, design: Design, layout: LayoutFigures): Loss {
  const losses = inputs.bursts.map((burst) => {
    const perSet = binomialAbove(design.placement.length, burst.failedShare.value, tolerance(design));
    const events = burst.eventsPerYear.value;
    return { any: events * atLeastOnce(perSet, layout.copysets), share: events * perSet };
  });
  return { any: sumOf(losses, (loss) => loss.any), share: sumOf(losses, (loss) => loss.share) };
}

/** A site takes a copyset with it when more of its members are there than it can spare. */
function siteLoss(scene: Scene, design: Design, place: Place): number {
  return sumOf(scene.inputs.sites, (site, index) => {
    const members = place.nodeSites.filter((each) => each === index).length;
    return members > tolerance(design) ? site.lossPerYear.value : 0;
  });
}
