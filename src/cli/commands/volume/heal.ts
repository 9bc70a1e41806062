/** Why: the store heals by itself; this starts it now and shows when all copies are there. */
import { defineCommand } from '../../command.ts';
import { findVolume } from '../../find-volume.ts';
import { followProgress } from '../../print/progress.ts';

export const volumeHeal = defineCommand({
  name: 'volume heal',
  text: 'find and make the copies that a volume (or any volume) misses',
  arguments: [{ name: 'volume', text: 'its path, its id, or the start of its id; all when left out', optional: true }],
  options: ['dir', 'json'],
  run: async ({ args: [volume], options }, context) => {
    const service = context.connect(options.dir);
    const input = volume === undefined ? {} : { volume: (await findVolume(service, volume)).id };
    return followProgress(service.healVolume(input), context);
  },
});
