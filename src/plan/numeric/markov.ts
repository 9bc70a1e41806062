/**
 * Why: steady states of repair chains span many orders of magnitude; elimination without subtraction keeps every digit.
 */
import { sum } from './lists.ts';

/**
 * The stationary distribution of a continuous-time chain with rates[i][j] from i to j (the diagonal is ignored),
 * irreducible. Grassmann, Taksar, Heyman, "Regenerative analysis and steady state distributions for Markov chains",
 * Oper. Res. 33 (1985).
 */
export function stationary(rates: readonly (readonly number[])[]): number[] {
  const rows = rates.map((row) => [...row]);
  for (let last = rows.length - 1; last > 0; last--) eliminate(rows, last);
  const weights = [1];
  for (let state = 1; state < rows.length; state++) {
    weights.push(sum(weights.map((weight, from) => weight * (rows[from]?.[state] as number))));
  }
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/** Redirects every path through `last` to the states before it. */
function eliminate(rows: number[][], last: number): void {
  const leaving = rows[last] as number[];
  const total = sum(leaving.slice(0, last));
  for (let from = 0; from < last; from++) {
    const row = rows[from] as number[];
    const share = (row[last] as number) / total;
    row[last] = share;
    for (let to = 0; to < last; to++) row[to] = (row[to] as number) + share * (leaving[to] as number);
  }
}
