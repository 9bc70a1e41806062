/**
 * Why: the best strategy over quorums is a small linear program; a dense two-phase simplex solves it exactly enough,
 * with no dependency.
 */
import { at, range } from './lists.ts';

export type Row = {
  readonly coefficients: readonly number[];
  readonly relation: '<=' | '=';
  readonly bound: number;
};

/** Minimise cost . x subject to the rows and x >= 0. */
export type LinearProgram = { readonly cost: readonly number[]; readonly rows: readonly Row[] };

export type LpSolution = { readonly value: number; readonly x: readonly number[] };

const tolerance = 1e-10;
const maxPivots = 50_000;

/** Equations with one column per variable, then slacks, then artificials; the last column is the right-hand side. */
type Tableau = { readonly body: number[][]; readonly basis: number[]; readonly columns: number };

/** The optimum; undefined when nothing satisfies the rows, or when the cost has no lower bound. */
export function solveLinearProgram(program: LinearProgram): LpSolution | undefined {
  const variables = program.cost.length;
  const slacks = program.rows.filter((row) => row.relation === '<=').length;
  const real = variables + slacks;
  const tableau = startTableau(program.rows, variables, slacks);
  const artificial = (column: number) => (column >= real && column < tableau.columns ? 1 : 0);
  if (!minimise(tableau, range(tableau.columns).map(artificial), tableau.columns)) return undefined;
  if (objectiveOf(tableau, artificial) > 1e-7) return undefined;
  dropArtificials(tableau, real);
  const cost = (column: number) => (column < variables ? at(program.cost, column) : 0);
  if (!minimise(tableau, range(tableau.columns).map(cost), real)) return undefined;
  return { value: objectiveOf(tableau, cost), x: range(variables).map((column) => solved(tableau, column)) };
}

function startTableau(rows: readonly Row[], variables: number, slacks: number): Tableau {
  const columns = variables + slacks + rows.length;
  let slack = variables;
  const body = rows.map((row, index) => {
    const line = new Array<number>(columns + 1).fill(0);
    const sign = row.bound < 0 ? -1 : 1;
    row.coefficients.forEach((coefficient, column) => {
      line[column] = sign * coefficient;
    });
    if (row.relation === '<=') line[slack++] = sign;
    line[variables + slacks + index] = 1;
    line[columns] = sign * row.bound;
    return line;
  });
  return { body, basis: rows.map((_, index) => variables + slacks + index), columns };
}

/** Primal simplex over the first `allowed` columns. False when unbounded. */
function minimise(tableau: Tableau, cost: readonly number[], allowed: number): boolean {
  for (let pivots = 0; pivots < maxPivots; pivots++) {
    const entering = enteringColumn(tableau, cost, allowed);
    if (entering === undefined) return true;
    const leaving = leavingRow(tableau, entering);
    if (leaving === undefined) return false;
    pivot(tableau, leaving, entering);
  }
  return false;
}

/** Bland's rule: the first column with a negative reduced cost, so that it never cycles. */
function enteringColumn({ body, basis }: Tableau, cost: readonly number[], allowed: number): number | undefined {
  const prices = basis.map((column) => at(cost, column));
  for (let column = 0; column < allowed; column++) {
    let reduced = at(cost, column);
    for (let row = 0; row < body.length; row++) {
      const price = prices[row] as number;
      if (price !== 0) reduced -= price * (body[row]?.[column] as number);
    }
    if (reduced < -tolerance) return column;
  }
  return undefined;
}

function leavingRow({ body, basis, columns }: Tableau, entering: number): number | undefined {
  let best: number | undefined;
  let bestRatio = Number.POSITIVE_INFINITY;
  body.forEach((line, row) => {
    const coefficient = at(line, entering);
    if (coefficient <= tolerance) return;
    const ratio = at(line, columns) / coefficient;
    const tie = best !== undefined && Math.abs(ratio - bestRatio) <= tolerance && at(basis, row) < at(basis, best);
    if (ratio < bestRatio - tolerance || tie) {
      best = row;
      bestRatio = ratio;
    }
  });
  return best;
}

function pivot({ body, basis }: Tableau, row: number, column: number): void {
  const line = at(body, row);
  const divisor = at(line, column);
  for (let index = 0; index < line.length; index++) line[index] = (line[index] as number) / divisor;
  body.forEach((other, index) => {
    const factor = at(other, column);
    if (index === row || factor === 0) return;
    for (let i = 0; i < other.length; i++) other[i] = (other[i] as number) - factor * (line[i] as number);
  });
  basis[row] = column;
}

/**
 * After phase one: artificials that stay in the basis at zero are exchanged for a real column, or their row is
 * redundant.
 */
function dropArtificials(tableau: Tableau, real: number): void {
  for (let row = tableau.body.length - 1; row >= 0; row--) {
    if (at(tableau.basis, row) < real) continue;
    const column = range(real).find((each) => Math.abs(at(at(tableau.body, row), each)) > tolerance);
    if (column === undefined) {
      tableau.body.splice(row, 1);
      tableau.basis.splice(row, 1);
    } else {
      pivot(tableau, row, column);
    }
  }
}

function solved({ body, basis, columns }: Tableau, column: number): number {
  const row = basis.indexOf(column);
  return row < 0 ? 0 : at(at(body, row), columns);
}

function objectiveOf(tableau: Tableau, cost: (column: number) => number): number {
  return tableau.basis.reduce(
    (total, column, row) => total + cost(column) * at(at(tableau.body, row), tableau.columns),
    0,
  );
}
