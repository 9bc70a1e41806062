/**
 * Why: a history is known by its end. Records are numbered by sequence; those of one term were written by one writer,
 * so two journals that hold records of the same term agree on everything up to the shorter of the two.
 */
import type { Revision } from '../../kv.ts';

/**
 * The number orders terms; the nonce tells apart two starts that chose the same number and knew nothing of each
 * other.
 */
export type Term = { readonly number: number; readonly nonce: string };

/** One record of the log, and thereby the whole history that ends with it. */
export type Point = {
  readonly sequence: number;
  readonly term: Term;
  /** Of the newest commit in that history. */
  readonly revision: Revision;
  /** SHA-256 of the record. */
  readonly hash: Uint8Array;
};

/** How far a history reaches within one term. */
export type TermRun = { readonly term: Term; readonly last: number };

export function sameTerm(left: Term, right: Term): boolean {
  return left.number === right.number && left.nonce === right.nonce;
}

/**
 * Positive when `left` wins: the higher term, in one term the longer history. Zero: neither holds what the other
 * lacks.
 */
export function comparePoints(left: Point, right: Point): number {
  return left.term.number - right.term.number || left.sequence - right.sequence;
}

/** The sequence up to which two histories are one, or undefined when they show no common term. */
export function sharedSequence(left: readonly TermRun[], right: readonly TermRun[]): number | undefined {
  for (const { term, last } of left.toReversed()) {
    const other = right.find((run) => sameTerm(run.term, term));
    if (other !== undefined) return Math.min(last, other.last);
  }
  return undefined;
}

/** `runs` with one more point at their end. */
export function extendRuns(runs: TermRun[], { term, sequence }: Point): void {
  const newest = runs.at(-1);
  if (newest !== undefined && sameTerm(newest.term, term)) runs[runs.length - 1] = { term, last: sequence };
  else runs.push({ term, last: sequence });
}
