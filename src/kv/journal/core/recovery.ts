/**
 * Why: which history a store goes on with is the decision on which every acknowledged commit hangs, so it is pure: what
 * each journal shows goes in, one decision comes out. docs/formats/journal.md argues why it never loses a commit.
 */
import type { ErrorCode } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import type { Revision } from '../../kv.ts';
import type { Chain } from './history-walk.ts';
import { canRead, canWrite, membersOf, type PlacedSet } from './journal-set.ts';
import { comparePoints, type Point, type TermRun } from './point.ts';

/** The sets that it has seen, oldest first, and the sequence up to which its records say that the log is committed. */
type Seen = {
  readonly id: VolumeId;
  readonly sets: readonly PlacedSet[];
  readonly committed: number;
  /** Undefined when no snapshot can be read. */
  readonly incarnation: string | undefined;
};

/** A snapshot and all records after it, up to `tail`. */
export type IntactJournal = Seen & {
  readonly state: 'intact';
  readonly base: Point;
  readonly tail: Point;
  /** The records that it has, often more than those after its newest snapshot. */
  readonly chain: Chain;
  readonly runs: readonly TermRun[];
};

/**
 * Something that was durable is unreadable. `reached`: its newest readable record; undefined when that may not be its
 * end.
 */
export type DamagedJournal = Seen & { readonly state: 'damaged'; readonly reached: Point | undefined };

export type JournalReport =
  | IntactJournal
  | DamagedJournal
  /** Not there, failing or hung. */
  | { readonly id: VolumeId; readonly state: 'missing' }
  /** There, and never a journal of this store, or no longer. */
  | { readonly id: VolumeId; readonly state: 'empty' };

/** What the store below shows; revision 0: it is to be rebuilt. */
export type InnerState = { readonly revision: Revision; readonly incarnation: string };

export type Adoption = {
  readonly kind: 'adopt';
  /** Whose history; undefined: that of the store below, which covers all that a damaged journal held. */
  readonly source: IntactJournal | undefined;
  readonly tail: Point;
  /**
   * The sets in force: two while nobody knows whether a change of the set was committed. Each needs its write quorum.
   */
  readonly sets: readonly PlacedSet[];
};

export type Refusal = {
  readonly kind: 'refuse';
  readonly code: Extract<ErrorCode, 'journal.missing' | 'journal.damaged' | 'catalog.damaged'>;
  readonly reason: string;
  /** The journals of which one or more would help. */
  readonly needed: readonly VolumeId[];
};

export type Decision = Adoption | Refusal | { readonly kind: 'create' };

/** Intact journals suffice where they are a read quorum: what none of them holds was never committed. */
export function decideRecovery(reports: readonly JournalReport[], inner: InnerState): Decision {
  const known = newestCommittedSet(reports);
  if (known === undefined || isHalfCreated(reports, inner)) return decideCreation(reports, inner);
  const intact = adoptBest(reports.filter(isIntact), known, { reports, inner });
  const decision = intact.kind === 'adopt' ? intact : adoptBest(reports.filter(hasEnd), known, { reports, inner });
  return decision.kind === 'adopt' ? checkProofs(decision, { reports, inner }) : decision;
}

type Shown = { readonly reports: readonly JournalReport[]; readonly inner: InnerState };

function isIntact(report: JournalReport): report is IntactJournal {
  return report.state === 'intact';
}

/** Its newest record is known: so it can be told whether a history holds all that it held. */
function hasEnd(report: JournalReport): report is Readable {
  return endOf(report) !== undefined;
}

type Readable = IntactJournal | DamagedJournal;

export function endOf(report: JournalReport): Point | undefined {
  if (report.state === 'intact') return report.tail;
  return report.state === 'damaged' ? report.reached : undefined;
}

/** The set in force, as far as the journals that can be read tell. */
export function newestCommittedSet(reports: readonly JournalReport[]): PlacedSet | undefined {
  return reports
    .filter(hasSeen)
    .flatMap(({ sets, committed }) => sets.filter(({ sequence }) => sequence <= committed))
    .toSorted((left, right) => right.set.number - left.set.number)[0];
}

function hasSeen(report: JournalReport): report is IntactJournal | DamagedJournal {
  return report.state === 'intact' || report.state === 'damaged';
}

/** The best history among `readable`, when these are a read quorum of all sets that it speaks of. */
function adoptBest(readable: readonly Readable[], known: PlacedSet, { reports, inner }: Shown): Adoption | Refusal {
  const { sets, best } = settleSets(readable, known);
  const among = (some: readonly JournalReport[]) => (id: VolumeId) => some.some((report) => report.id === id);
  const without = (has: (id: VolumeId) => boolean) => membersOf(sets.map(({ set }) => set)).filter((id) => !has(id));
  const read = among(readable);
  if (best === undefined || !sets.every(({ set }) => canRead(set, read))) {
    return refuse('journal.missing', `too few journals of set ${known.set.number} can be read`, without(read));
  }
  const there = among(reports.filter(({ state }) => state !== 'missing'));
  if (!sets.every(({ set }) => canWrite(set, there))) {
    return refuse('journal.missing', `too few journals of set ${known.set.number} can be written`, without(there));
  }
  const tail = endOf(best) as Point;
  if (best.state === 'intact') return { kind: 'adopt', source: best, tail, sets };
  const covered = inner.revision === tail.revision && inner.incarnation === best.incarnation;
  if (covered) return { kind: 'adopt', source: undefined, tail, sets };
  const reason = `the journal of volume ${best.id} is damaged before its end`;
  return refuse('journal.damaged', reason, [...without(read), best.id]);
}

type Settled = { readonly sets: readonly PlacedSet[]; readonly best: Readable | undefined };

/**
 * The best history among the members of the known set; where it tells of a further set, the members of that count too.
 */
function settleSets(readable: readonly Readable[], known: PlacedSet): Settled {
  let sets: readonly PlacedSet[] = [known];
  for (;;) {
    const members = membersOf(sets.map(({ set }) => set));
    const best = bestOf(readable.filter(({ id }) => members.includes(id)));
    const pending = (best?.sets ?? []).filter(({ set }) => set.number > known.set.number);
    const settled = [known, ...pending];
    if (settled.every(({ set }) => set.members.every((id) => members.includes(id)))) return { sets: settled, best };
    sets = settled;
  }
}

/** The highest term, then the longest history; of equals an intact journal, and the one with the most records. */
function bestOf(readable: readonly Readable[]): Readable | undefined {
  return readable.toSorted(compareReports).at(-1);
}

function compareReports(left: Readable, right: Readable): number {
  const byEnd = comparePoints(endOf(left) as Point, endOf(right) as Point);
  return byEnd !== 0 ? byEnd : firstRecord(right) - firstRecord(left);
}

function firstRecord(report: Readable): number {
  return report.state === 'intact' ? report.chain.after : Number.MAX_SAFE_INTEGER;
}

/** Whatever the store below accepted, and whatever a record calls committed, was acknowledged or may have been. */
function checkProofs(decision: Adoption, { reports, inner }: Shown): Adoption | Refusal {
  const { source, tail, sets } = decision;
  const others = membersOf(sets.map(({ set }) => set)).filter(
    (id) => !reports.some((one) => one.id === id && isIntact(one)),
  );
  const ours = reports.filter(hasSeen).filter((report) => report.incarnation === (source ?? inner).incarnation);
  const proven = Math.max(0, ...ours.map(({ committed }) => committed));
  if (proven > tail.sequence) {
    return refuse('journal.missing', `record ${proven} was committed, the journals end at ${tail.sequence}`, others);
  }
  if (inner.revision === 0) return decision;
  if (source !== undefined && source.incarnation !== inner.incarnation) {
    return refuse('catalog.damaged', 'the catalog is of another incarnation than its journals', others);
  }
  if (inner.revision <= tail.revision) return decision;
  const reason = `the journals end at revision ${tail.revision}, the catalog has seen ${inner.revision}`;
  return refuse('journal.missing', reason, others);
}

/** Some journals are made and no record was ever written: the first start did not come to its end. */
function isHalfCreated(reports: readonly JournalReport[], inner: InnerState): boolean {
  const bare = reports.every(
    (report) => report.state === 'empty' || (report.state === 'intact' && report.tail.sequence === 0),
  );
  return bare && inner.revision === 0 && reports.some(({ state }) => state === 'empty');
}

function decideCreation(reports: readonly JournalReport[], inner: InnerState): Decision {
  const damaged = reports.filter(({ state }) => state === 'damaged').map(({ id }) => id);
  if (damaged.length > 0) return refuse('journal.damaged', 'no journal can be read', damaged);
  const missing = reports.filter(({ state }) => state === 'missing').map(({ id }) => id);
  if (missing.length > 0) return refuse('journal.missing', 'the first start needs every journal', missing);
  if (inner.revision === 0) return { kind: 'create' };
  const all = reports.map(({ id }) => id);
  return refuse('journal.missing', `the catalog has seen revision ${inner.revision}, the journals are empty`, all);
}

function refuse(code: Refusal['code'], reason: string, needed: readonly VolumeId[]): Refusal {
  return { kind: 'refuse', code, reason, needed };
}
