/**
 * Why: which volumes hold a block follows from its name alone: name -> partition -> copyset. The layout is that table,
 * one per placement class, with an epoch that grows with every change. Pure data; plan-layout.ts computes it.
 */
import type { ClassId } from '../base/block-address.ts';
import { type BlockName, partitionCount, partitionOf } from '../base/block-name.ts';
import type { VolumeId } from '../base/ids.ts';

/** Widest first. Volumes that share a prefix of length n fail together at level n. */
export const domainLevels = ['site', 'zone', 'rack', 'node', 'disk'] as const;

/** One name per level. */
export type DomainPath = readonly [site: string, zone: string, rack: string, node: string, disk: string];

export type LayoutVolume = {
  readonly id: VolumeId;
  /** Relative capacity, above zero. */
  readonly weight: number;
  readonly domain: DomainPath;
};

/** An ordered list of slots: a fragment index with erasure coding, no meaning for whole copies. */
export type Copyset = readonly VolumeId[];

export type ClassLayout = {
  readonly classId: ClassId;
  readonly copies: number;
  readonly epoch: number;
  readonly copysets: readonly Copyset[];
  /** Partition -> index in `copysets`; 1,024 long. */
  readonly partitions: readonly number[];
  /** Partitions on the move -> the copyset they come from. Reads look in both, writes go to the new one. */
  readonly moving: ReadonlyMap<number, Copyset>;
};

/** Where new copies of the block go. */
export function copysetOf(layout: ClassLayout, name: BlockName): Copyset {
  return copysetOfPartition(layout, partitionOf(name));
}

export function copysetOfPartition(layout: ClassLayout, partition: number): Copyset {
  return layout.copysets[layout.partitions[partition] as number] as Copyset;
}

/** Where a copy may be found: the current copyset, then what only the old one has while the partition moves. */
export function holdersOf(layout: ClassLayout, name: BlockName): Copyset {
  const current = copysetOf(layout, name);
  const previous = layout.moving.get(partitionOf(name));
  return previous === undefined ? current : [...current, ...previous.filter((id) => !current.includes(id))];
}

/** The partitions whose copyset contains the volume. */
export function partitionsOn(layout: ClassLayout, volume: VolumeId): number[] {
  return Array.from({ length: partitionCount }, (_, partition) => partition).filter((partition) =>
    copysetOfPartition(layout, partition).includes(volume),
  );
}

/** A partition has arrived: its copies are all in the new copyset. */
export function withArrived(layout: ClassLayout, partitions: ReadonlySet<number>): ClassLayout {
  const moving = new Map([...layout.moving].filter(([partition]) => !partitions.has(partition)));
  return { ...layout, epoch: layout.epoch + 1, moving };
}
