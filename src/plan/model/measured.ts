/**
 * Why: a number is worth what its source is worth; every input carries it, and every result tells the weakest it used.
 */

/** Seen on this system; the planner's documented default; stated by a person without evidence. */
export const provenances = ['measured', 'default', 'assumed'] as const;
export type Provenance = (typeof provenances)[number];

export type Measured<T> = {
  readonly value: T;
  readonly source: Provenance;
  /** Number of observations behind it. */
  readonly n?: number;
  /** 90 % interval. */
  readonly ci?: readonly [T, T];
};

export function measured<T>(value: T, n?: number): Measured<T> {
  return n === undefined ? { value, source: 'measured' } : { value, source: 'measured', n };
}

export function byDefault<T>(value: T): Measured<T> {
  return { value, source: 'default' };
}

/** The source that a result of all these may claim: assumed if any is, else default if any is. */
export function weakest(sources: Iterable<Provenance>): Provenance {
  return [...sources].reduce<Provenance>(
    (worst, each) => (provenances.indexOf(each) > provenances.indexOf(worst) ? each : worst),
    'measured',
  );
}
