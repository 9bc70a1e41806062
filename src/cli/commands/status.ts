/** Why: one look tells whether anything is wrong, what it is, and what is being done about it. */
import type { JournalStatus, OpenUploads, StoreStatus, VolumeStatus } from '../../admin/contract.ts';
import { defineCommand, exitCodes } from '../command.ts';
import { describeProgress } from '../print/progress.ts';
import { type Column, printTable } from '../print/table.ts';
import { printBytes, printCount } from '../print/units.ts';

export const status = defineCommand({
  name: 'status',
  text: 'show volumes, blocks below M copies, journals and running jobs',
  arguments: [],
  options: ['dir', 'json'],
  run: async ({ options }, { connect, output }) => {
    const found = await connect(options.dir).status({});
    output.value(found, () => printStatus(found));
    return exitCodes.ok;
  },
});

export const volumeColumns: readonly Column<VolumeStatus>[] = [
  { head: 'VOLUME', cell: ({ id }) => id },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'BLOCKS', cell: ({ blocks }) => printCount(blocks), right: true },
  { head: 'LIVE', cell: ({ liveBytes }) => printBytes(liveBytes), right: true },
  { head: 'USED', cell: ({ usedBytes }) => printBytes(usedBytes), right: true },
  { head: 'FREE', cell: ({ freeBytes }) => printBytes(freeBytes), right: true },
  { head: 'DOMAIN', cell: ({ domain }) => domain },
  { head: 'PATH', cell: ({ path, reason }) => (reason === undefined ? path : `${path} (${reason})`) },
];

const journalColumns: readonly Column<JournalStatus>[] = [
  { head: 'JOURNAL ON', cell: ({ volume }) => volume },
  { head: 'STATE', cell: ({ state }) => state },
  { head: 'REVISION', cell: ({ revision }) => printCount(revision), right: true },
  { head: 'BYTES', cell: ({ bytes }) => printBytes(bytes), right: true },
  { head: 'PATH', cell: ({ path }) => path },
];

function printThreads({ serving, wanted }: StoreStatus['front']['threads']): string {
  if (wanted === 0) return '';
  return ` in ${serving === wanted ? '' : `${serving} of `}${wanted} thread${wanted === 1 ? '' : 's'}`;
}

function printStatus(store: StoreStatus): string {
  const { storeId, state, endpoint, front, version, copies, writeQuorum, underReplicatedBlocks, problems, jobs } =
    store;
  const { names, engine } = store.nameHash;
  return [
    `store ${storeId}, version ${version}: ${state} at ${endpoint}\n`,
    `S3 by the ${front.kind} front${printThreads(front.threads)}: ${front.reason}\n`,
    `${copies} copies (W = ${writeQuorum}), ${printCount(underReplicatedBlocks)} blocks have fewer\n`,
    engine === 'native'
      ? ''
      : `blocks are named by ${names} in ${engine}, which is slow: its native package is missing\n`,
    `${describeUploads(store.openUploads)}\n`,
    printTable(volumeColumns, store.volumes),
    '\n',
    printTable(journalColumns, store.catalog.journals),
    ...section('jobs', jobs.map(describeProgress)),
    ...section('problems', problems),
  ].join('');
}

/** Nothing is said of none. */
function describeUploads({ parts, bytes, isAll }: OpenUploads): string {
  if (parts === 0) return '';
  return `open uploads hold ${isAll ? '' : 'more than '}${printBytes(bytes)} in ${printCount(parts)} parts\n`;
}

function section(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`\n${name}:\n`, ...lines.map((line) => `  ${line}\n`)];
}
