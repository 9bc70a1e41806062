/**
 * Why: how Copyset stands beside other stores on the same work: `npm run bench:peers -- [--quick] [--json] [--repeats
 * N] [--seconds S] [--only NAME,...] [--dir PATH]`.
 */

import { parseArgs } from 'node:util';
import { type CommonOptions, commonOptions, optionsOrExit, readCommon } from '../command-line.ts';
import { makeReady, measured } from '../run/measured.ts';
import { peerRows, peerTable } from './report.ts';
import { peerWorkloads } from './workloads.ts';

/** Who is compared. */
const names = ['copyset-1', 'copyset-3', 'nginx', 'minio', 'versitygw', 'rclone', 'garage', 'seaweedfs'];
const defaults = { repeats: 3, seconds: 3, quickSeconds: 0.2 };

type Options = CommonOptions & { readonly only: readonly string[] | undefined };

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: { ...commonOptions, only: { type: 'string' } } });
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--only names "${unknown}"; there are: ${names.join(', ')}`);
  return { ...readCommon(values, defaults), only };
}

async function main({ only, quick, json, repeats, cellMs, dir }: Options): Promise<void> {
  const ready = await makeReady(only ?? names, { isAsked: only !== undefined });
  const asked = peerWorkloads(quick).map((workload) => ({ workload, of: ready.names }));
  const { samples, ran, about, ...result } = await measured({
    ...{ names: ready.names, asked, repeats, cellMs, dir, fresh: false },
  });
  const rows = peerRows(
    samples,
    ran.map(({ server }) => server),
  );
  const durable = ran.map(({ server, durable: how }) => `${server}: ${how}`);
  const missing = Object.entries({ ...ready.missing, ...result.missing }).map(([who, why]) => `without ${who}: ${why}`);
  const notes = ['durable when it acknowledges (seen by strace):', ...durable, '', ...missing];
  const printed = [peerTable(rows), '', ...about, '', ...notes].join('\n');
  console.log(json ? JSON.stringify({ about, durable, missing, rows }) : printed);
}

if (import.meta.main) await main(optionsOrExit(readOptions));
