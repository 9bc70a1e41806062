/** Why: an operator sees which journals a store has, which of them it can count on, and what it waits for. */
import type { CopysetError } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import type { Revision } from '../../kv.ts';
import type { JournalGroup } from './group.ts';
import type { Damage, MemberState } from './member.ts';

export type JournalPlaceStatus = {
  readonly id: VolumeId;
  readonly path: string;
  readonly domain: string;
  /** `opening`: it is being filled. */
  readonly state: MemberState;
  /** Why it is not `ok`. */
  readonly reason: string | undefined;
  /** What a scrub found in it and is not healed yet. */
  readonly damage: Damage | undefined;
  /** The newest revision that is durable in it; undefined while it takes no part. */
  readonly syncedRevision: Revision | undefined;
  /** Of its log and snapshots. */
  readonly bytes: number;
};

export type JournalStatus = {
  readonly setNumber: number;
  readonly members: readonly VolumeId[];
  readonly term: number;
  /** Of the newest commit. */
  readonly revision: Revision;
  /** Why no commits are taken now; undefined while they are. */
  readonly readOnly: string | undefined;
  /** The disks, of the journals or of the store below, are full: only commits that delete are taken. */
  readonly isFull: boolean;
  readonly places: readonly JournalPlaceStatus[];
};

export function statusOf(
  group: JournalGroup,
  { failure, isFull }: { readonly failure: CopysetError | undefined; readonly isFull: boolean },
): JournalStatus {
  const { set, position } = group;
  return {
    setNumber: set.number,
    members: set.members,
    term: position?.term.number ?? 0,
    revision: position?.head.revision ?? 0,
    readOnly: failure?.message,
    isFull,
    places: [...group.members.values()].map((member) => ({
      id: member.id,
      path: member.place.disk.root,
      domain: member.place.domain,
      state: member.state,
      reason: member.error?.message,
      damage: member.damage,
      syncedRevision: member.isActive ? member.synced?.revision : undefined,
      bytes: member.bytes,
    })),
  };
}
