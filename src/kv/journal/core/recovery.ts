/**
 * Why: which history a store goes on with is the decision on which every acknowledged commit hangs, so it is pure: what
 * each journal shows goes in, one decision comes out. docs/formats/journal.md argues why it never loses a commit.
 */
import type { ErrorCode } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import type { Revision } from '../../kv.ts';
import { canRead, membersOf, type PlacedSet } from './journal-set.ts';
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
  readonly runs: readonly TermRun[];
};

/** Something that was durable is unreadable. `reached`: its newest readable record; undefined when that may not be its end. */
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
  /** The sets in force: two while nobody knows whether a change of the set was committed. Each needs its write quorum. */
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

export function decideRecovery(reports: readonly JournalReport[], inner: InnerState): Decision {
  const known = newestCommittedSet(reports);
  if (known === undefined || isHalfCreated(reports, inner)) return decideCreation(reports, inner);
  const { sets, best } = settleSets(reports, known);
  const needed = membersOf(sets.map(({ set }) => set)).filter(
    (id) => !reports.some((one) => one.id === id && counts(one)),
  );
  const unreadable = sets.find(({ set }) => !canRead(set, (id) => !needed.includes(id)));
  if (unreadable !== undefined || best === undefined) {
    return refuse('journal.missing', `too few journals of set ${known.set.number} can be read`, needed);
  }
  return checkInner(adopt(best, sets, inner, needed), inner, needed);
}

/** True when a newest record of it is known, so that it can be told whether a history holds all that it held. */
function counts(report: JournalReport): report is IntactJournal | DamagedJournal {
  return endOf(report) !== undefined;
}

export function endOf(report: JournalReport): Point | undefined {
  if (report.state === 'intact') return report.tail;
  return report.state === 'damaged' ? report.reached : undefined;
}

function newestCommittedSet(reports: readonly JournalReport[]): PlacedSet | undefined {
  return reports
    .filter(hasSeen)
    .flatMap(({ sets, committed }) => sets.filter(({ sequence }) => sequence <= committed))
    .toSorted((left, right) => right.set.number - left.set.number)[0];
}

function hasSeen(report: JournalReport): report is IntactJournal | DamagedJournal {
  return report.state === 'intact' || report.state === 'damaged';
}

type Settled = { readonly sets: readonly PlacedSet[]; readonly best: IntactJournal | DamagedJournal | undefined };

/** The best history among the members of the known set; where it tells of a further set, the members of that count too. */
function settleSets(reports: readonly JournalReport[], known: PlacedSet): Settled {
  let sets: readonly PlacedSet[] = [known];
  for (;;) {
    const members = membersOf(sets.map(({ set }) => set));
    const best = bestOf(reports.filter(({ id }) => members.includes(id)));
    const pending = (best?.sets ?? []).filter(({ set }) => set.number > known.set.number);
    const settled = [known, ...pending];
    if (settled.every(({ set }) => set.members.every((id) => members.includes(id)))) return { sets: settled, best };
    sets = settled;
  }
}

/** The highest term, then the longest history; of equals an intact journal. */
function bestOf(reports: readonly JournalReport[]): IntactJournal | DamagedJournal | undefined {
  return reports.filter(counts).toSorted(compareReports).at(-1);
}

function compareReports(left: IntactJournal | DamagedJournal, right: IntactJournal | DamagedJournal): number {
  const byEnd = comparePoints(endOf(left) as Point, endOf(right) as Point);
  return byEnd !== 0 ? byEnd : Number(left.state === 'intact') - Number(right.state === 'intact');
}

function adopt(
  best: IntactJournal | DamagedJournal,
  sets: readonly PlacedSet[],
  inner: InnerState,
  needed: readonly VolumeId[],
): Adoption | Refusal {
  const tail = endOf(best) as Point;
  if (best.state === 'intact') return { kind: 'adopt', source: best, tail, sets };
  const covered = inner.revision === tail.revision && inner.incarnation === best.incarnation;
  if (covered) return { kind: 'adopt', source: undefined, tail, sets };
  return refuse('journal.damaged', `the journal of volume ${best.id} is damaged before its end`, [...needed, best.id]);
}

/** Whatever the store below accepted was acknowledged, or may have been. */
function checkInner(decision: Adoption | Refusal, inner: InnerState, needed: readonly VolumeId[]): Adoption | Refusal {
  if (decision.kind === 'refuse' || inner.revision === 0) return decision;
  const { source, tail } = decision;
  if (source !== undefined && source.incarnation !== inner.incarnation) {
    return refuse('catalog.damaged', 'the catalog is of another incarnation than its journals', needed);
  }
  if (inner.revision <= tail.revision) return decision;
  const reason = `the journals end at revision ${tail.revision}, the catalog has seen ${inner.revision}`;
  return refuse('journal.missing', reason, needed);
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
