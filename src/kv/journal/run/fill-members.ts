/** Why: after the decision each journal is brought to the adopted end by the cheapest way that it allows, each at its own pace. */
import { assert, present } from '../../../base/assert.ts';
import type { CopysetError } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import type { KvSnapshot } from '../../staging.ts';
import { canWrite, type JournalSet, type PlacedSet } from '../core/journal-set.ts';
import { type Point, sharedSequence } from '../core/point.ts';
import type { Adoption, JournalReport } from '../core/recovery.ts';
import type { EncodedRecord } from '../format/record.ts';
import type { JournalContext } from '../options.ts';
import { readRecords } from '../place/read-records.ts';
import { readSnapshot } from '../place/snapshot-file.ts';
import { copyJournal, extendJournal } from './fill-journal.ts';
import type { Source } from './inner-store.ts';
import type { JournalGroup } from './journal-group.ts';
import type { Member, OpenedJournal } from './member.ts';

/** What was found at one place. */
export type Finding = {
  readonly member: Member;
  readonly report: JournalReport;
  /** Undefined when it cannot be read; `error` says why. */
  readonly source: Source | undefined;
  readonly error: CopysetError | undefined;
};

type Adopted = { readonly findings: readonly Finding[]; readonly decision: Adoption };

/** Begins all journals that only lack records at their end; makes others anew only as far as the write quorum needs them. */
export async function fillMembers(context: JournalContext, group: JournalGroup, adopted: Adopted): Promise<void> {
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
    else void member.begin(() => filler.copy(member));
  }
}

class Filler {
  readonly #context: JournalContext;
  readonly #decision: Adoption;
  readonly #source: Source | undefined;

  constructor(context: JournalContext, { findings, decision }: Adopted) {
    this.#context = context;
    this.#decision = decision;
    this.#source = findings.find(({ member }) => member.id === decision.source?.id)?.source;
  }

  /** The sequence up to which the journal is durable and of the adopted history; undefined when it must be made anew. */
  lastGood({ report, source }: Finding): number | undefined {
    const adopted = this.#decision.source;
    if (report.state !== 'intact' || source === undefined || adopted === undefined) return undefined;
    const shared = sharedSequence(report.runs, adopted.runs);
    if (shared === undefined) return undefined;
    const last = Math.min(shared, source.view.synced);
    return last >= Math.max(report.base.sequence, adopted.base.sequence) ? last : undefined;
  }

  async extend({ source }: Finding, from: number): Promise<OpenedJournal> {
    const target = present(source, 'a journal that was read');
    const { previous, records } = await this.#after(from);
    try {
      return await extendJournal({ ...this.#target(target.place, previous), records }, target.view);
    } finally {
      await records.return(undefined);
    }
  }

  /** From the adopted journal, or from the store below where that covers all. */
  async copy({ place }: Member): Promise<OpenedJournal> {
    const source = this.#source;
    const base = source?.view.base;
    if (source === undefined || base === undefined) return this.#copyInner(place);
    const records = this.#read(source, base.point.sequence);
    const snapshot = readSnapshot(source.place.disk, base);
    return copyJournal({ ...this.#target(place, base.point), set: base.set, records, snapshot, isForeign: false });
  }

  async #copyInner(place: Member['place']): Promise<OpenedJournal> {
    const { tail } = this.#decision;
    const snapshot: KvSnapshot = await this.#context.inner.snapshot();
    assert(snapshot.status.revision === tail.revision, 'the store below covers all of the adopted history');
    return copyJournal({ ...this.#target(place, tail), records: [], snapshot, isForeign: false });
  }

  #target(place: Member['place'], previous: Point) {
    const { storeId, limits } = this.#context;
    const set = setAt(this.#decision.source?.sets ?? this.#decision.sets, previous.sequence);
    return { place, storeId, reserveBytes: limits.reserveBytes, set, previous };
  }

  /** The adopted history at `from`, and its records after that. */
  async #after(from: number): Promise<{ previous: Point; records: AsyncGenerator<EncodedRecord> }> {
    const source = present(this.#source, 'the adopted journal');
    const base = present(source.view.base, 'its snapshot').point;
    if (from === base.sequence) return { previous: base, records: this.#read(source, from) };
    const records = this.#read(source, from - 1);
    const first = await records.next();
    assert(first.done !== true, 'the adopted journal holds the record');
    return { previous: first.value.point, records };
  }

  #read({ place, view }: Source, after: number): AsyncGenerator<EncodedRecord> {
    const { storeId } = this.#context;
    return readRecords({ place, storeId, files: view.files, after, until: this.#decision.tail.sequence });
  }
}

/** The set in force after the record of that sequence. */
function setAt(sets: readonly PlacedSet[], sequence: number): JournalSet {
  return present(sets.findLast((placed) => placed.sequence <= sequence) ?? sets[0], 'a set').set;
}
