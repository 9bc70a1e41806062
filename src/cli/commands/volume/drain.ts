/** Why: a volume is emptied before it is taken away, with all its copies in use meanwhile. */
import { defineCommand } from '../../command.ts';
import { findVolume } from '../../find-volume.ts';
import { followProgress } from '../../print/progress.ts';

export const volumeDrain = defineCommand({
  name: 'volume drain',
  text: 'move the blocks of a volume to the others, then let go of it',
  arguments: [{ name: 'volume', text: 'its path, its id, or the start of its id' }],
  options: ['dir', 'json'],
  run: async ({ args: [volume = ''], options }, context) => {
    const service = context.connect(options.dir);
    const { id } = await findVolume(service, volume);
    return followProgress(service.drainVolume({ volume: id }), context);
  },
});
