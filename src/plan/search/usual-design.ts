/** Why: a user who names no design means the store as it comes. */
import type { Design } from '../model/design.ts';
import type { PlannerInputs } from '../model/inputs.ts';
import { readDesign } from '../model/read-design.ts';
import { rackByRack } from './space.ts';

const usualCopies = 3;

/** Three copies (or what the first site has nodes for), or as many as the founding document's values say. */
export function usualDesign({ sites, nodes, document }: PlannerInputs): Design {
  const pool = nodes.filter((node) => node.site === sites[0]?.id);
  return readDesign({ id: 'usual', placement: rackByRack(pool).slice(0, document?.copies ?? usualCopies) });
}
