/** Why: the table that says of each row what is asked, what was measured, and the limit beside it. */
import { markdownTable } from '../../tools/docs/table.ts';
import { fixed, whole } from '../statistics.ts';
import type { Accept, Figure, TableRow } from './rows.ts';
import type { Verdict } from './verdict.ts';

const columns = ['what', 'prototype', 'accepted', 'measured', 'least .. most', 'Copyset', 'limit', ''];

export function verdictTable(verdicts: readonly Verdict[]): string {
  return markdownTable(columns, verdicts.map(cellsOf));
}

function cellsOf(verdict: Verdict): readonly string[] {
  const { row, measured, least, most } = verdict;
  const digits = row.limits.length === 0 ? 1 : 2;
  const spread = least === undefined ? '-' : `${fixed(least, digits)} .. ${fixed(most, digits)}`;
  const words = [row.what, row.prototype, acceptText(row), fixed(measured, digits), spread];
  return [...words, amount(verdict.ours, verdict.unit), limitText(verdict), verdictText(verdict)];
}

export function acceptText({ accept, limits }: TableRow): string {
  return `${boundText(accept)}${limits.length === 0 ? ' MB' : ''}`;
}

function boundText(accept: Accept): string {
  return 'atLeast' in accept ? `>= ${accept.atLeast}` : `<= ${accept.atMost}`;
}

function amount(value: number | undefined, unit: string): string {
  if (value === undefined) return '-';
  return `${unit === 's/GB' ? value.toFixed(3) : whole(value)} ${unit}`;
}

function limitText({ limit, limitedBy, unit }: Verdict): string {
  if (limit === undefined || limitedBy === undefined) return '-';
  return `${amount(limit, unit)}, ${nameOf(limitedBy)}`;
}

function nameOf(figure: Figure): string {
  if (figure.kind === 'growth') return '';
  return figure.kind === 'core' ? 'a core that receives, names, writes' : figure.of;
}

export function verdictText({ isMet, whyNot }: Verdict): string {
  if (whyNot !== undefined) return `not measured: ${whyNot}`;
  return isMet ? 'met' : '**not met**';
}

/** One line at the end. */
export function sumOf(verdicts: readonly Verdict[]): string {
  const unknown = verdicts.filter(({ whyNot }) => whyNot !== undefined).length;
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const others = verdicts.length - met - unknown;
  return `${met} rows of ${verdicts.length} are met, ${others} are not, ${unknown} could not be measured`;
}
