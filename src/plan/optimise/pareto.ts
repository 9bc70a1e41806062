/**
 * Why: no single number ranks designs; what nobody beats on every metric stays on the table, and limits pick from it.
 */
import { at } from '../numeric/lists.ts';

export type Point = Readonly<Record<string, number | string>> & { readonly id: string };

export type Limit = { readonly metric: string; readonly max: number };

function metric(point: Point, name: string): number {
  return Number(point[name]);
}

/** True when `left` is nowhere worse than `right` and somewhere better; all values are minimised. */
export function dominates(left: readonly number[], right: readonly number[]): boolean {
  let better = false;
  for (let index = 0; index < left.length; index++) {
    if ((left[index] as number) > (right[index] as number)) return false;
    if ((left[index] as number) < (right[index] as number)) better = true;
  }
  return better;
}

/** Indices of the rows that no other row dominates, in input order; exact duplicates all stay. */
export function frontIndices(rows: readonly (readonly number[])[]): number[] {
  const order = rows.map((_, index) => index).sort((a, b) => compareRows(at(rows, a), at(rows, b)) || a - b);
  const front: number[] = [];
  for (const index of order) {
    const row = at(rows, index);
    if (!front.some((other) => dominates(at(rows, other), row))) front.push(index);
  }
  return front.sort((a, b) => a - b);
}

/** Lexicographic: a row is never dominated by one that sorts after it. */
function compareRows(left: readonly number[], right: readonly number[]): number {
  const differing = left.findIndex((value, index) => value !== right[index]);
  return differing < 0 ? 0 : at(left, differing) - at(right, differing);
}

export function paretoFront(input: { readonly points: readonly Point[]; readonly minimise: readonly string[] }) {
  const rows = input.points.map((point) => input.minimise.map((name) => metric(point, name)));
  return { ids: frontIndices(rows).map((index) => at(input.points, index).id) };
}

/** Epsilon-constraint: the least of one metric among those within all limits; ties by id; null when none is. */
export function recommend(input: {
  readonly points: readonly Point[];
  readonly constraints: readonly Limit[];
  readonly minimise: string;
}) {
  const within = (point: Point) => input.constraints.every((limit) => metric(point, limit.metric) <= limit.max);
  const feasible = input.points.filter(within);
  const ranked = [...feasible].sort(
    (left, right) => metric(left, input.minimise) - metric(right, input.minimise) || compareIds(left.id, right.id),
  );
  return { feasible: feasible.map((point) => point.id), chosen: ranked[0]?.id ?? null };
}

export function compareIds(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
