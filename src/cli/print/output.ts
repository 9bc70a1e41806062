/** Why: tables on a terminal, one JSON value a line in pipes and with `--json`; commands need not know which. */
import type { Terminal } from '../terminal.ts';
import { type Column, printTable } from './table.ts';

export type Output = {
  /** True: lines of JSON. */
  readonly lines: boolean;
  value(value: unknown, inWords: () => string): void;
  rows<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void;
};

export function createOutput(terminal: Terminal, json: boolean): Output {
  const lines = json || !terminal.outIsTerminal;
  const line = (value: unknown) => terminal.out(`${JSON.stringify(value)}\n`);
  return {
    lines,
    value: (value, inWords) => (lines ? line(value) : terminal.out(inWords())),
    rows: (rows, columns) => (lines ? rows.forEach(line) : terminal.out(printTable(columns, rows))),
  };
}
