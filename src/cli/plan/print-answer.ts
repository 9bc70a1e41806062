/** Why: an answer of the planner is data; on a terminal it is tables, in pipes one line of JSON. */
import type { Answer, Table } from '../../plan/commands/answer.ts';
import type { CommandContext, ExitCode } from '../command.ts';
import { printTable } from '../print/table.ts';

export function printAnswer({ json, tables, notes, exitCode }: Answer, { output }: CommandContext): ExitCode {
  output.value(json, () => [...tables.map(titled), notes.map((note) => `${note}\n`).join('')].join('\n'));
  return exitCode;
}

function titled({ title, columns, rows }: Table): string {
  const cells = columns.map((head, at) => ({ head, cell: (row: readonly string[]) => row[at] ?? '' }));
  return `${title}\n${printTable(cells, rows)}`;
}
