/**
 * Why: the properties of layouts are tested over clusters of all shapes and their changes; they are made here, for
 * tests.
 */
import fc from 'fast-check';
import { partitionCount } from '../base/block-name.ts';
import type { VolumeId } from '../base/ids.ts';
import { type ClassLayout, type Copyset, copysetOfPartition, type DomainPath, type LayoutVolume } from './layout.ts';
import { type PlanLayoutInput, planLayout } from './plan-layout.ts';

export function volumeId(number: number): VolumeId {
  return number.toString(16).padStart(16, '0') as VolumeId;
}

/** Volumes 1, 2, ... of weight 1, each a disk of its own node in one rack. */
export function flatVolumes(count: number, weight = 1): LayoutVolume[] {
  return Array.from({ length: count }, (_, index) => flatVolume(index + 1, weight));
}

export function flatVolume(number: number, weight = 1): LayoutVolume {
  return { id: volumeId(number), weight, domain: ['site', 'zone', 'rack', `node-${number}`, 'disk'] };
}

export type ClusterChange = {
  readonly kind: 'add' | 'lose' | 'drain';
  readonly at: number;
  readonly volume: LayoutVolume;
};

export type Cluster = {
  readonly copies: number;
  readonly volumes: readonly LayoutVolume[];
  readonly changes: readonly ClusterChange[];
};

/**
 * Up to `sizes.most` volumes with weights from 1 to 16 over domains that nest at random, some of them deep, some flat.
 */
export function clusterOf(sizes: {
  readonly least: number;
  readonly most: number;
  readonly changes: number;
}): fc.Arbitrary<Cluster> {
  return fc.record({ widths: widthsArbitrary, weights: fc.constantFrom(1, 4, 16) }).chain(({ widths, weights }) => {
    const volume = fc.record({ weight: fc.integer({ min: 1, max: weights }), domain: domainArbitrary(widths) });
    const change = fc.record({
      kind: fc.constantFrom<ClusterChange['kind']>('add', 'lose', 'drain'),
      at: fc.nat(),
      volume,
    });
    return fc
      .record({
        copies: fc.integer({ min: 1, max: 5 }),
        volumes: fc.array(volume, { minLength: sizes.least, maxLength: sizes.most }),
        changes: fc.array(change, { minLength: Math.min(sizes.changes, 1), maxLength: sizes.changes }),
      })
      .map(({ copies, volumes, changes }) => ({
        copies,
        volumes: volumes.map((made, index) => ({ id: volumeId(index + 1), ...made })),
        changes: changes.map((made, index) => ({
          ...made,
          volume: { id: volumeId(volumes.length + index + 1), ...made.volume },
        })),
      }));
  });
}

/** The volumes after a change; a drained one stays with weight zero. */
export function changed(volumes: readonly LayoutVolume[], { kind, at, volume }: ClusterChange): LayoutVolume[] {
  if (kind === 'add') return [...volumes, volume];
  const chosen = at % volumes.length;
  if (kind === 'lose') return volumes.length === 1 ? [...volumes] : volumes.filter((_, index) => index !== chosen);
  return volumes.map((each, index) => (index === chosen ? { ...each, weight: 0 } : each));
}

/** Domains of one level inside one of the level above. */
const widthsArbitrary = fc.oneof(
  fc.constant([1, 1, 1, 1000, 1]),
  fc.tuple(...[4, 3, 4, 6, 3].map((most) => fc.integer({ min: 1, max: most }))),
);

function domainArbitrary(widths: readonly number[]): fc.Arbitrary<DomainPath> {
  return fc
    .tuple(...widths.map((width) => fc.nat({ max: width - 1 }).map(String)))
    .map((names) => names as readonly string[] as DomainPath);
}

/** A layout over volumes, after `previous` if there was one. */
export function planned(
  volumes: readonly LayoutVolume[],
  copies: number,
  options: Partial<Pick<PlanLayoutInput, 'previous' | 'scatterWidth'>> = {},
): ClassLayout {
  const epoch = (options.previous?.epoch ?? 0) + 1;
  return planLayout({ classId: copies, copies, volumes, epoch, ...options }).layout;
}

export type Stage = {
  readonly volumes: readonly LayoutVolume[];
  readonly layout: ClassLayout;
  readonly previous: ClassLayout | undefined;
};

/** The layouts of a cluster: at first, then after each change. */
export function stagesOf({ volumes, copies, changes }: Cluster, scatterWidth = Infinity): Stage[] {
  const stages: Stage[] = [{ volumes, previous: undefined, layout: planned(volumes, copies, { scatterWidth }) }];
  for (const change of changes) {
    const last = stages.at(-1) as Stage;
    const now = changed(last.volumes, change);
    const layout = planned(now, copies, { previous: last.layout, scatterWidth });
    stages.push({ volumes: now, previous: last.layout, layout });
  }
  return stages;
}

export function copysetsByPartition(layout: ClassLayout): Copyset[] {
  return Array.from({ length: partitionCount }, (_, partition) => copysetOfPartition(layout, partition));
}
