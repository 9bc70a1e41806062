/**
 * Why: while a volume is away in its grace nothing is moved or owed for it, yet every block on it lacks a copy. How
 * many these are is told from what the volume last held and from the layout, without listing anything.
 */
import { partitionCount } from '../../base/block-name.ts';
import type { VolumeId } from '../../base/ids.ts';
import { type ClassLayout, copysetOfPartition } from '../../layout/layout.ts';
import type { Member } from '../../replica/members.ts';

/**
 * Blocks of which a copy is on a volume that is away. `held`: how many each of these has. Exact for one of them; a
 * block on several counts once, by the share of partitions that they have in common.
 */
export function countMissed(layout: ClassLayout, held: ReadonlyMap<VolumeId, number>): number {
  let copies = 0;
  let blocks = 0;
  for (let partition = 0; partition < partitionCount; partition++) {
    const previous = layout.moving.get(partition) ?? [];
    const holders = new Set([...copysetOfPartition(layout, partition), ...previous]);
    const away = [...holders].filter((id) => held.has(id)).length;
    copies += away;
    if (away > 0 && !isListed(previous, held)) blocks += 1;
  }
  const total = [...held.values()].reduce((sum, each) => sum + each, 0);
  return copies === 0 ? 0 : Math.ceil((total * blocks) / copies);
}

/** What moves and can still be read somewhere is counted where the volumes are compared with the layout. */
function isListed(previous: readonly VolumeId[], held: ReadonlyMap<VolumeId, number>): boolean {
  return previous.some((id) => !held.has(id));
}

/** One that was never open since the start is taken to hold its share by weight. */
export function blocksHeld(away: readonly Member[], all: readonly Member[]): Map<VolumeId, number> {
  const open = all.filter(({ entry, volume }) => entry.state === 'active' && volume !== undefined);
  const blocks = open.reduce((sum, { volume }) => sum + (volume?.blocks ?? 0), 0);
  const weight = open.reduce((sum, { entry }) => sum + entry.weight, 0);
  const shareOf = ({ entry }: Member) => (weight === 0 ? 1 : Math.round((blocks / weight) * entry.weight));
  return new Map(away.map((member) => [member.entry.id, member.volume?.blocks ?? shareOf(member)]));
}
