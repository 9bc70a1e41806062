/** Why: to read and verify every copy and journal now, not when its turn comes. */
import { defineCommand } from '../command.ts';
import { followProgress } from '../print/progress.ts';

export const scrub = defineCommand({
  name: 'scrub',
  text: 'read and verify every copy on every volume, and the journals; what is damaged is repaired',
  arguments: [],
  options: ['dir', 'json'],
  run: ({ options }, context) => followProgress(context.connect(options.dir).scrub({}), context),
});
