/** Why: files become objects and objects files, whole or not at all, and an interrupted copy goes on. */
import { defineCommand } from '../../command.ts';
import { runTransfers, transferOptionNames } from '../../transfer/run-transfers.ts';

export const cp = defineCommand({
  name: 'cp',
  text: 'copy files to objects, objects to files, or objects to objects; run again, it resumes',
  arguments: [
    { name: 'from', text: 's3://BUCKET/KEY, or a path' },
    { name: 'to', text: 'the same; one that ends with a slash, or a directory, keeps the name' },
  ],
  options: transferOptionNames,
  run: (call, context) => runTransfers(call, context, false),
});
