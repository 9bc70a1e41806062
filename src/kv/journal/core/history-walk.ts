/**
 * Why: what one journal holds is found by walking its files in order. The walk is pure: it is told of each file and
 * each readable record, and knows at the end how far the history reaches, and whether something that was durable is
 * gone.
 */
import { equalBytes } from '../../../base/bytes.ts';
import type { Revision } from '../../kv.ts';
import type { JournalSet, PlacedSet } from './journal-set.ts';
import { comparePoints, extendRuns, type Point, type TermRun } from './point.ts';

/** A readable record, and up to where this journal was synced when it was written here. */
export type SeenRecord = {
  readonly point: Point;
  readonly previousHash: Uint8Array;
  readonly previousRevision: Revision;
  readonly committed: number;
  readonly synced: number;
  /** When it makes a set. */
  readonly set: JournalSet | undefined;
};

/** All records above `after` are there; `revision` is that of the history up to there. */
export type Chain = { readonly after: number; readonly revision: Revision };

/** Records in a row. */
type Row = { readonly chain: Chain; readonly runs: TermRun[]; last: Point };

export class HistoryWalk {
  readonly sets: PlacedSet[] = [];
  readonly #base: Point | undefined;
  /** The newest row of records that the snapshot covers. */
  #covered: Row | undefined;
  readonly #runs: TermRun[] = [];
  /** Of the contiguous history; undefined when there is no snapshot to begin with. */
  tail: Point | undefined;
  /** The newest readable record anywhere. */
  reached: Point | undefined;
  /** Something that was durable in this journal cannot be read. */
  damaged: boolean;
  committed = 0;
  /** All up to it was durable in this journal at some time. */
  synced = 0;

  constructor(base: { readonly point: Point; readonly set: JournalSet } | undefined) {
    this.damaged = base === undefined;
    if (base === undefined) return;
    const { point, set } = base;
    this.#base = point;
    this.tail = point;
    this.reached = point;
    this.committed = point.sequence;
    this.synced = point.sequence;
    extendRuns(this.#runs, point);
    this.sets.push({ set, sequence: point.sequence });
  }

  /** A log file begins: all up to `previous` was durable when it was made. */
  file(previous: Point, set: JournalSet): void {
    if (this.tail === undefined) this.sets.push({ set, sequence: previous.sequence });
    this.#claim(previous.sequence, previous);
    this.#sync(previous.sequence);
  }

  record(seen: SeenRecord): void {
    if (this.#base !== undefined && seen.point.sequence <= this.#base.sequence) {
      this.#cover(seen);
      return;
    }
    if (this.#extend(seen)) return;
    this.#claim(seen.synced, seen.point);
    if (this.damaged && !this.#isStale(seen.point)) this.#noteSet(seen);
  }

  /** What may be read, from the snapshot on or from before it. */
  get chain(): Chain {
    const { sequence = 0, revision = 0 } = this.#base ?? {};
    return this.#coveredToBase?.chain ?? { after: sequence, revision };
  }

  get runs(): readonly TermRun[] {
    const covered = this.#coveredToBase;
    return covered === undefined ? this.#runs : [...covered.runs.slice(0, -1), ...this.#runs];
  }

  get #coveredToBase(): Row | undefined {
    const { last } = this.#covered ?? {};
    const joins = last !== undefined && this.#base !== undefined && equalBytes(last.hash, this.#base.hash);
    return joins ? this.#covered : undefined;
  }

  #cover({ point, previousHash, previousRevision }: SeenRecord): void {
    const row = this.#covered;
    if (row !== undefined && point.sequence === row.last.sequence + 1 && equalBytes(previousHash, row.last.hash)) {
      row.last = point;
      extendRuns(row.runs, point);
      return;
    }
    const chain = { after: point.sequence - 1, revision: previousRevision };
    this.#covered = { chain, runs: [{ term: point.term, last: point.sequence }], last: point };
  }

  #extend({ point, previousHash, committed, synced, set }: SeenRecord): boolean {
    const { tail } = this;
    if (tail === undefined || this.damaged) return false;
    if (point.sequence !== tail.sequence + 1 || !equalBytes(previousHash, tail.hash)) return false;
    this.tail = point;
    this.#reach(point);
    extendRuns(this.#runs, point);
    this.committed = Math.max(this.committed, committed);
    this.#sync(synced);
    if (set !== undefined) this.sets.push({ set, sequence: point.sequence });
    return true;
  }

  /** `by` says that all up to `sequence` was durable here. */
  #claim(sequence: number, by: Point): void {
    if (this.#isStale(by)) return;
    if (this.tail !== undefined && sequence > this.tail.sequence) this.damaged = true;
    if (this.damaged) this.#reach(by);
  }

  /** Of a history that was overruled: in the true one terms never decrease. */
  #isStale({ sequence, term }: Point): boolean {
    const { tail } = this;
    if (tail === undefined) return false;
    return sequence <= tail.sequence || term.number < tail.term.number;
  }

  #sync(sequence: number): void {
    this.synced = Math.max(this.synced, Math.min(sequence, this.tail?.sequence ?? 0));
  }

  #reach(point: Point): void {
    if (this.reached === undefined || comparePoints(point, this.reached) > 0) this.reached = point;
  }

  #noteSet({ set, point, committed }: SeenRecord): void {
    this.committed = Math.max(this.committed, committed);
    if (set !== undefined && !this.sets.some((known) => known.sequence === point.sequence)) {
      this.sets.push({ set, sequence: point.sequence });
    }
  }
}
