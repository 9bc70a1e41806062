/** Why: a store grows by a volume; what belongs there moves by itself. */
import { resolve } from 'node:path';
import { defineCommand, exitCodes } from '../../command.ts';
import { volumeColumns } from '../status.ts';

export const volumeAdd = defineCommand({
  name: 'volume add',
  text: 'make an empty directory a volume of the store',
  arguments: [{ name: 'path', text: 'the directory, on a disk of its own' }],
  options: ['weight', 'domain', 'dir', 'json'],
  run: async ({ args: [path = ''], options: { dir, weight, domain } }, { connect, output }) => {
    const input = { path: resolve(path), ...(weight && { weight }), ...(domain && { domain }) };
    output.rows([await connect(dir).addVolume(input)], volumeColumns);
    return exitCodes.ok;
  },
});
