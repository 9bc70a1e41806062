/** Why: a name with a typing error is answered with the name that was meant. */

/** The known name that is nearest, where one is near: up to a third of its letters changed, two at least. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((name) => ({ name, changes: changesBetween(given.toLowerCase(), name.toLowerCase()) }))
    .toSorted((left, right) => left.changes - right.changes);
  const [best] = ranked;
  if (best === undefined || best.changes >= best.name.length) return undefined;
  return best.changes <= Math.max(2, best.name.length / 3) ? best.name : undefined;
}

/** Letters put in, left out, changed, or swapped with their neighbour (optimal string alignment). */
function changesBetween(left: string, right: string): number {
  let [older, old]: [number[], number[]] = [[], Array.from({ length: right.length + 1 }, (_, at) => at)];
  for (let at = 1; at <= left.length; at++) {
    const row = [at];
    for (let to = 1; to <= right.length; to++) {
      const same = left[at - 1] === right[to - 1] ? 0 : 1;
      const swapped = at > 1 && to > 1 && left[at - 1] === right[to - 2] && left[at - 2] === right[to - 1];
      const candidates = [cell(old, to) + 1, cell(row, to - 1) + 1, cell(old, to - 1) + same];
      row.push(Math.min(...candidates, ...(swapped ? [cell(older, to - 2) + 1] : [])));
    }
    [older, old] = [old, row];
  }
  return cell(old, right.length);
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Number.POSITIVE_INFINITY;
}
