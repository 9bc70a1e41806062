/**
 * Why: a recommendation is taken only when its price is known: what moves, for how long, and the commands that do it.
 */

import { unreachable } from '../../base/assert.ts';
import { partitionCount } from '../../base/block-name.ts';
import type { ClassLayout } from '../../layout/layout.ts';
import { movementOf } from '../../layout/layout-measures.ts';
import { planLayout } from '../../layout/plan-layout.ts';
import { logicalBytes } from '../evaluate/durabilities.ts';
import { layoutVolumes, Scene } from '../evaluate/scene.ts';
import type { Design } from '../model/design.ts';
import type { PlannedNode, PlannerInputs } from '../model/inputs.ts';
import { sumOf } from '../numeric/lists.ts';
import { mean } from '../numeric/statistics.ts';
import { bytesPerGB } from '../units.ts';

export type Step =
  | { readonly kind: 'add-volume' | 'drain-volume'; readonly node: string; readonly domain: string }
  | { readonly kind: 'set-bucket'; readonly writeQuorum: number; readonly blockBytes: number }
  | { readonly kind: 'new-bucket'; readonly copies: number; readonly writeQuorum: number; readonly blockBytes: number }
  | { readonly kind: 'copy-objects' }
  | { readonly kind: 'set-cache'; readonly bytes: number };

export type Diff = {
  /** (Partition, slot) pairs that get another volume, of how many in all. */
  readonly movedPairs: number;
  readonly pairs: number;
  readonly movedBytes: number;
  readonly movingSec: number;
  /** For what crosses between sites, at the price of the dearest one. */
  readonly movingUsd: number;
  readonly steps: readonly Step[];
};

/** From the design that runs to another one over the same inputs. */
export function diffOf(current: Design, wanted: Design, inputs: PlannerInputs): Diff {
  const scene = new Scene(inputs);
  const before = scene.place(current).pool;
  const after = scene.place(wanted).pool;
  const movement = movementBetween(layoutOf(current, before), wanted, after);
  const perPair = logicalBytes(inputs) / (wanted.ec?.k ?? 1) / partitionCount;
  const movedBytes = movement.pairs * perPair;
  return {
    movedPairs: movement.pairs,
    pairs: partitionCount * wanted.placement.length,
    movedBytes,
    movingSec: movedBytes / movingBps(inputs, after),
    movingUsd: crossingUsd(inputs, movement.into, perPair),
    steps: stepsOf({ current, wanted, before, after }),
  };
}

function layoutOf(design: Design, pool: readonly PlannedNode[], previous?: ClassLayout): ClassLayout {
  const copies = design.placement.length;
  const epoch = (previous?.epoch ?? 0) + 1;
  const { scatterWidth } = design;
  const kept = previous === undefined ? {} : { previous };
  return planLayout({ classId: copies, copies, volumes: layoutVolumes(pool), scatterWidth, epoch, ...kept }).layout;
}

/** (Partition, slot) pairs that get another volume when these nodes take the place of those, and the layout then. */
export function poolChange(design: Design, before: readonly PlannedNode[], after: readonly PlannedNode[]) {
  const first = layoutOf(design, before);
  const layout = layoutOf(design, after, first);
  return { layout, movedPairs: movementOf(first, layout).pairs };
}

/** Copies in another class are laid out apart: what the new layout does not find in place has to come. */
function movementBetween(before: ClassLayout, wanted: Design, pool: readonly PlannedNode[]) {
  const sameClass = before.copies === wanted.placement.length;
  return movementOf(before, sameClass ? layoutOf(wanted, pool, before) : layoutOf(wanted, pool));
}

/** All nodes of the new pool take part, each with the share of its bandwidth that background work may have. */
function movingBps(inputs: PlannerInputs, pool: readonly PlannedNode[]): number {
  return (
    pool.length *
    mean(pool.map((node) => Math.min(node.netBps.value, node.diskBps.value))) *
    inputs.store.repairShare.value
  );
}

/** Copies that come to a site which had none of the pool before come from another one; at worst all do. */
function crossingUsd(inputs: PlannerInputs, into: ReadonlyMap<string, number>, perPair: number): number {
  if (inputs.sites.length === 1) return 0;
  const dearest = Math.max(...inputs.sites.map((site) => site.egressUsdPerGB.value));
  return ((sumOf([...into.values()], (pairs) => pairs) * perPair) / bytesPerGB) * dearest;
}

type Change = {
  readonly current: Design;
  readonly wanted: Design;
  readonly before: readonly PlannedNode[];
  readonly after: readonly PlannedNode[];
};

function stepsOf({ current, wanted, before, after }: Change): Step[] {
  const only = (list: readonly PlannedNode[], others: readonly PlannedNode[]) =>
    list.filter((node) => !others.some((other) => other.id === node.id));
  const volume = (kind: 'add-volume' | 'drain-volume', node: PlannedNode): Step => ({
    kind,
    node: node.id,
    domain: domainOf(node),
  });
  return [
    ...only(after, before).map((node) => volume('add-volume', node)),
    ...bucketSteps(current, wanted),
    ...(current.cache.bytes === wanted.cache.bytes ? [] : [{ kind: 'set-cache', bytes: wanted.cache.bytes } as const]),
    ...only(before, after).map((node) => volume('drain-volume', node)),
  ];
}

/** The copies of a bucket cannot change: objects go into another one. */
function bucketSteps(current: Design, wanted: Design): Step[] {
  const copies = wanted.placement.length;
  const { writeQuorum, blockBytes } = wanted;
  if (current.placement.length !== copies)
    return [{ kind: 'new-bucket', copies, writeQuorum, blockBytes }, { kind: 'copy-objects' }];
  const isSame = current.writeQuorum === writeQuorum && current.blockBytes === blockBytes;
  return isSame ? [] : [{ kind: 'set-bucket', writeQuorum, blockBytes }];
}

function domainOf(node: PlannedNode): string {
  return [node.site, node.site, node.rack ?? node.id, node.id, node.id].join('/');
}

/** As typed. New volumes come first, so that nothing is drained before there is room. */
export function commandOf(step: Step): string {
  switch (step.kind) {
    case 'add-volume':
      return `copyset volume add PATH-OF-${step.node} --domain ${step.domain}`;
    case 'drain-volume':
      return `copyset volume drain ${step.node}`;
    case 'set-bucket':
      return `copyset bucket set BUCKET --write-quorum ${step.writeQuorum} --block-bytes ${step.blockBytes}B`;
    case 'new-bucket':
      return [
        `copyset bucket create NEW-BUCKET --copies ${step.copies}`,
        `--write-quorum ${step.writeQuorum} --block-bytes ${step.blockBytes}B`,
      ].join(' ');
    case 'copy-objects':
      return 'copyset cp --recursive s3://BUCKET s3://NEW-BUCKET';
    case 'set-cache':
      return `copyset dev --memory-bytes ${step.bytes}B`;
    default:
      return unreachable(step);
  }
}
