/** Why: which buckets there are, and what holds for what is written into each. */
import type { BucketStatus } from '../../../admin/contract.ts';
import { defineCommand, exitCodes } from '../../command.ts';
import type { Column } from '../../print/table.ts';
import { printBytes } from '../../print/units.ts';

export const bucketColumns: readonly Column<BucketStatus>[] = [
  { head: 'BUCKET', cell: ({ name }) => name },
  { head: 'COPIES', cell: ({ copies }) => String(copies), right: true },
  { head: 'WRITE QUORUM', cell: ({ writeQuorum }) => String(writeQuorum), right: true },
  { head: 'BLOCK', cell: ({ blockBytes }) => printBytes(blockBytes), right: true },
  { head: 'CREATED', cell: ({ createdAtMs }) => new Date(createdAtMs).toISOString() },
];

export const bucketLs = defineCommand({
  name: 'bucket ls',
  text: 'list the buckets with their copies, write quorum and block size',
  arguments: [],
  options: ['dir', 'json'],
  run: async ({ options }, { connect, output }) => {
    output.rows(await connect(options.dir).listBuckets({}), bucketColumns);
    return exitCodes.ok;
  },
});
