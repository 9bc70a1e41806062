/** Why: a disk that one no longer trusts is not written again; its blocks are made anew from the other copies. */
import { defineCommand } from '../../command.ts';
import { findVolume } from '../../find-volume.ts';
import { followProgress } from '../../print/progress.ts';

export const volumeRetire = defineCommand({
  name: 'volume retire',
  text: 'never write to a volume again, and make its blocks anew elsewhere',
  arguments: [{ name: 'volume', text: 'its path, its id, or the start of its id' }],
  options: ['dir', 'json'],
  run: async ({ args: [volume = ''], options }, context) => {
    const service = context.connect(options.dir);
    const { id } = await findVolume(service, volume);
    return followProgress(service.retireVolume({ volume: id }), context);
  },
});
