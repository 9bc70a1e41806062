/** Why: the catalog's database is a copy of what its journals hold; a damaged one is made anew. */
import { defineCommand } from '../../command.ts';
import { openCatalog } from '../../open-catalog.ts';
import { followProgress } from '../../print/progress.ts';

export const catalogRebuild = defineCommand({
  name: 'catalog rebuild',
  text: "make the catalog's database anew from its journals",
  arguments: [],
  options: ['dir', 'json'],
  run: async ({ options }, context) => {
    const catalog = await openCatalog(options.dir, context);
    return followProgress(catalog.rebuildCatalog({}), context);
  },
});
