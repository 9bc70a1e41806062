/** Why: to know whether the catalog and each of its journals is whole, before one is needed. */
import { defineCommand } from '../../command.ts';
import { openCatalog } from '../../open-catalog.ts';
import { followProgress } from '../../print/progress.ts';

export const catalogVerify = defineCommand({
  name: 'catalog verify',
  text: 'read the catalog and its journals whole, and compare them',
  arguments: [],
  options: ['dir', 'json'],
  run: async ({ options }, context) => {
    const catalog = await openCatalog(options.dir, context);
    return followProgress(catalog.verifyCatalog({}), context);
  },
});
