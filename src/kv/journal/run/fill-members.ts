/**
 * Why: after the decision each journal is brought to the adopted end by the cheapest way that it allows, each at its
 * own pace.
 */
import { present } from '../../../base/assert.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import { canWrite, type JournalSet, type PlacedSet } from '../core/journal-set.ts';
import { type Point, sharedSequence } from '../core/point.ts';
import type { Adoption, JournalReport } from '../core/recovery.ts';
import type { JournalContext } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import type { AdoptedHistory, Source } from './adopted-history.ts';
import { copyJournal, extendJournal } from './fill-journal.ts';
import type { JournalGroup } from './group.ts';
import { holdSnapshot } from './held-snapshot.ts';
import type { Member, OpenedJournal } from './member.ts';

/** What was found at one place. */
export type Finding = {
  readonly member: Member;
  readonly report: JournalReport;
  /** Undefined when it cannot be read; `error` says why. */
  readonly source: Source | undefined;
  readonly error: CopysetError | undefined;
};

export type Adopted = {
  readonly findings: readonly Finding[];
  readonly decision: Adoption;
  /** Undefined: the store below holds all of it. */
  readonly history: AdoptedHistory | undefined;
};

/**
 * Begins all journals that only lack records at their end. Others are made anew, which takes long, where the write
 * quorum needs them; else they are left for later.
 */
export function fillMembers(context: JournalContext, group: JournalGroup, adopted: Adopted): { copies: boolean } {
  const filler = new Filler(context, adopted);
  const readable = adopted.findings.filter(
    ({ member, source }) => group.members.has(member.id) && source !== undefined,
  );
  const extended = new Set<VolumeId>();
  for (const finding of readable) {
    const from = filler.lastGood(finding);
    if (from === undefined) continue;
    extended.add(finding.member.id);
    void finding.member.begin(() => filler.extend(finding, from));
  }
  const suffices = adopted.decision.sets.every(({ set }) => canWrite(set, (id) => extended.has(id)));
  for (const { member } of readable.filter((one) => !extended.has(one.member.id))) {
    if (suffices) member.end('lagging');
    else void member.begin(() => filler.copy(member.place));
  }
  return { copies: !suffices };
}

class Filler {
  readonly #context: JournalContext;
  readonly #tail: Point;
  readonly #sets: readonly PlacedSet[];
  readonly #history: AdoptedHistory | undefined;

  constructor(context: JournalContext, { decision, history }: Adopted) {
    this.#context = context;
    this.#tail = decision.tail;
    this.#sets = history?.journal.sets ?? decision.sets;
    this.#history = history;
  }

  /**
   * The sequence up to which the journal is durable and of the adopted history; undefined when it must be made anew.
   */
  lastGood({ report, source }: Finding): number | undefined {
    const history = this.#history;
    if (report.state !== 'intact' || source === undefined || history === undefined) return undefined;
    const shared = sharedSequence(report.runs, history.journal.runs);
    if (shared === undefined) return undefined;
    const last = Math.min(shared, source.view.synced);
    return last >= report.base.sequence && history.holds(last) ? last : undefined;
  }

  async extend({ member, source }: Finding, from: number): Promise<OpenedJournal> {
    const { view } = present(source, 'a journal that was read');
    const { previous, records } = await present(this.#history, 'a history to extend it by').from(from);
    try {
      return await extendJournal({ ...this.#target(member.place, previous), records }, view);
    } finally {
      await records.return(undefined);
    }
  }

  /** From the first snapshot that can be read to its end, or from the store below where that holds all. */
  async copy(place: JournalPlace): Promise<OpenedJournal> {
    const history = this.#history;
    for (const { header, snapshot } of history?.snapshots() ?? []) {
      const { point, set } = header;
      const records = present(history, 'the history of a snapshot').records(point.sequence);
      try {
        return await copyJournal({ ...this.#target(place, point), set, records, snapshot, isForeign: false });
      } catch (error) {
        if (!isCopysetError(error, 'format.damaged')) throw error;
      }
    }
    return this.#copyInner(place);
  }

  async #copyInner(place: JournalPlace): Promise<OpenedJournal> {
    const { snapshot, release } = await holdSnapshot(this.#context.inner);
    try {
      if (snapshot.status.revision !== this.#tail.revision) {
        throw new CopysetError('journal.damaged', 'no snapshot of the journals can be read to its end');
      }
      return await copyJournal({ ...this.#target(place, this.#tail), records: [], snapshot, isForeign: false });
    } finally {
      await release();
    }
  }

  #target(place: JournalPlace, previous: Point) {
    const { storeId, limits } = this.#context;
    return { place, storeId, reserveBytes: limits.reserveBytes, set: setAt(this.#sets, previous.sequence), previous };
  }
}

/** The set in force after the record of that sequence. */
function setAt(sets: readonly PlacedSet[], sequence: number): JournalSet {
  return present(sets.findLast((placed) => placed.sequence <= sequence) ?? sets[0], 'a set').set;
}
