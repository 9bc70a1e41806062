/**
 * Why: which journals count, and how many of them, is asked in one place. A set changes by a record of the log
 * itself.
 */
import type { VolumeId } from '../../../base/ids.ts';

export type JournalSet = { readonly number: number; readonly members: readonly VolumeId[] };

/** A set and the sequence of the record that made it; 0 for the first. */
export type PlacedSet = { readonly set: JournalSet; readonly sequence: number };

/** W: any two such groups of `members` journals have one in common. */
export function writeQuorum(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** J - W + 1: the fewest that have one in common with every group of W. */
export function readQuorum(members: number): number {
  return members - writeQuorum(members) + 1;
}

export function canWrite({ members }: JournalSet, has: (id: VolumeId) => boolean): boolean {
  return members.filter(has).length >= writeQuorum(members.length);
}

export function canRead({ members }: JournalSet, has: (id: VolumeId) => boolean): boolean {
  return members.filter(has).length >= readQuorum(members.length);
}

/** All members of all sets, each once. */
export function membersOf(sets: readonly JournalSet[]): VolumeId[] {
  return [...new Set(sets.flatMap(({ members }) => members))];
}

export function sameMembers(left: readonly VolumeId[], right: readonly VolumeId[]): boolean {
  return left.length === right.length && left.every((id) => right.includes(id));
}
