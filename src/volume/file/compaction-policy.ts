/** Why: which segment is rewritten, and when, is arithmetic to be tested by itself. */
import { garbageBytesOf, type SegmentAccount } from './ledger.ts';

export type CompactionBounds = {
  /** Garbage is collected when it is more than this share of what is needed ... */
  readonly maxGarbageShare: number;
  /** ... and more than this, so that a small volume is not rewritten all the time. */
  readonly minGarbageBytes: number;
};

export type CompactionNeed = {
  /** Segments with less garbage than this share of them are left alone. */
  readonly leastShare: number;
  /** Segments that cannot be rewritten as they are. */
  readonly avoided: (account: SegmentAccount) => boolean;
  /** What the rewrite of so many needed bytes may leave as padding: less garbage than that is not worth it. */
  readonly paddingOf: (liveBytes: number) => number;
};

/**
 * Of copies that come in groups: the last one is smaller, the end of a segment cuts one, and a segment has a header.
 */
export function paddingOfRewrite(group: { readonly groupBytes: number; readonly mostPaddingBytes: number }) {
  return (liveBytes: number): number =>
    liveBytes === 0 ? 0 : group.mostPaddingBytes * (3 + Math.ceil(liveBytes / group.groupBytes));
}

/** While space is tight a little garbage is worth a rewrite, though not any. */
export const leastShareWhenTight = 1 / 16;

/** Whether there is need at all: cheap, asked after every group. */
export function needsCompaction(
  bytes: { garbageBytes: number; neededBytes: number },
  bounds: CompactionBounds,
): boolean {
  return bytes.garbageBytes > Math.max(bounds.minGarbageBytes, bytes.neededBytes * bounds.maxGarbageShare);
}

/** The segment with most garbage out of those that are worth it. */
export function pickVictim(segments: readonly SegmentAccount[], need: CompactionNeed): SegmentAccount | undefined {
  return segments
    .filter((account) => isWorthIt(account, need) && !need.avoided(account))
    .reduce<SegmentAccount | undefined>(withMoreGarbage, undefined);
}

function isWorthIt(account: SegmentAccount, { leastShare, paddingOf }: CompactionNeed): boolean {
  return garbageBytesOf(account) > Math.max(account.bytes * leastShare, paddingOf(account.liveBytes));
}

function withMoreGarbage(most: SegmentAccount | undefined, next: SegmentAccount): SegmentAccount {
  return most === undefined || garbageBytesOf(next) > garbageBytesOf(most) ? next : most;
}
