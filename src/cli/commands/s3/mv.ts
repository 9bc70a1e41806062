/** Why: a move is a copy that is whole, and only then a delete. */
import { defineCommand } from '../../command.ts';
import { runTransfers, transferOptionNames } from '../../transfer/run-transfers.ts';

export const mv = defineCommand({
  name: 'mv',
  text: 'copy as `cp` does, and delete each source once its copy is whole',
  arguments: [
    { name: 'from', text: 's3://BUCKET/KEY, or a path' },
    { name: 'to', text: 'the same; one that ends with a slash, or a directory, keeps the name' },
  ],
  options: transferOptionNames,
  run: (call, context) => runTransfers(call, context, true),
});
