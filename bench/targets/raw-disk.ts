/** Why: below every server lies this disk; nothing durable is quicker for long. */
import { join } from 'node:path';
import type { Target } from './target.ts';

export const rawDisk: Target = {
  name: 'raw disk',
  durable: 'yes, by fdatasync of each write',
  lists: false,
  start: async (folder) => ({
    endpoint: { kind: 'file', path: join(folder, 'raw') },
    pid: undefined,
    stop: async () => undefined,
  }),
};
