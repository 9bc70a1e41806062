/** Why: to watch a job that somebody else, or the store itself, has begun. */
import { defineCommand } from '../command.ts';
import { followProgress } from '../print/progress.ts';

export const follow = defineCommand({
  name: 'follow',
  text: 'show the progress of a job to its end',
  arguments: [{ name: 'job', text: 'its id, from `copyset status --json`' }],
  options: ['dir', 'json'],
  run: ({ args: [job = ''], options }, context) =>
    followProgress(context.connect(options.dir).followJob({ job }), context),
});
