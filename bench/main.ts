/**
 * Why: where the data plane of Copyset stands beside what limits it, row by row, in one run: `npm run bench --
 * [--quick] [--json] [--repeats N] [--seconds S] [--only TEXT,...] [--dir PATH]`. `--only` takes rows that hold one of
 * the texts.
 */
import { parseArgs } from 'node:util';
import { type CommonOptions, commonOptions, optionsOrExit, readCommon } from './command-line.ts';
import { cellRow, cellsIn, cellTable } from './run/cell-rows.ts';
import { makeReady, measured } from './run/measured.ts';
import type { Streams } from './run/streams.ts';
import { type Asked, GiB, MiB } from './run/workload.ts';
import { sumOf, verdictTable } from './table/report.ts';
import { cellsOf, type TableRow, tableRows } from './table/rows.ts';
import { judge } from './table/verdict.ts';
import { tableWorkloads, type WorkloadName } from './table/workloads.ts';

type Options = CommonOptions & { readonly rows: readonly TableRow[] };

const defaults = { repeats: 5, seconds: 3, quickSeconds: 0.3 };

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: { ...commonOptions, only: { type: 'string' } } });
  const only = values.only?.split(',');
  const rows = tableRows.filter(({ what }) => only?.some((text) => what.includes(text)) ?? true);
  if (rows.length === 0) throw new Error(`no row holds "${values.only}"`);
  return { ...readCommon(values, defaults), rows };
}

/** The cells that the rows are made of, each once, in the order of the workloads. */
function askedBy(rows: readonly TableRow[], workloads: ReturnType<typeof tableWorkloads>): readonly Asked[] {
  const cells = rows.flatMap(cellsOf);
  return (Object.keys(workloads) as WorkloadName[]).flatMap((name) => {
    const of = [...new Set(cells.filter(({ workload }) => workload === name).map((cell) => cell.of))];
    return of.length === 0 ? [] : [{ workload: workloads[name], of }];
  });
}

function streamsOf(rows: readonly TableRow[], quick: boolean): Streams | undefined {
  if (!rows.some(({ ours }) => ours.kind === 'growth')) return undefined;
  return quick
    ? { bytes: 64 * MiB, counts: [8], milliseconds: 500 }
    : { bytes: GiB, counts: [32, 64], milliseconds: 4000 };
}

async function main({ rows, quick, json, repeats, cellMs, dir }: Options): Promise<void> {
  const workloads = tableWorkloads(quick);
  const asked = askedBy(rows, workloads);
  const ready = await makeReady([...new Set(asked.flatMap(({ of }) => of))]);
  const { samples, peaks, ran, about, ...result } = await measured({
    ...{ names: ready.names, asked, streams: streamsOf(rows, quick), repeats, cellMs, dir, fresh: true },
  });
  const missing = { ...ready.missing, ...result.missing };
  const verdicts = rows.map((row) => judge(row, { samples, peaks, workloads, missing }));
  const servers = ran.map(({ server }) => server);
  const cells = cellsIn(samples, servers).map(cellRow);
  if (json) return console.log(JSON.stringify({ about, missing, verdicts, cells, peaks }));
  const left = Object.entries(missing).map(([who, why]) => `without ${who}: ${why}`);
  const sum = quick ? `${sumOf(verdicts)} (a quick run: its figures mean little)` : sumOf(verdicts);
  console.log([verdictTable(verdicts), '', sum, '', ...about, ...left, '', cellTable(cells)].join('\n'));
}

if (import.meta.main) await main(optionsOrExit(readOptions));
