/** Why: one function decides for every door, so that no door can forget a rule; what no rule allows is denied. */
import { unreachable } from '../base/assert.ts';
import type { Action, Resource } from './action.ts';
import type { Identity } from './identity.ts';

export type Decision = 'allow' | 'deny';

export function decide(identity: Identity, _action: Action, _resource: Resource): Decision {
  switch (identity.kind) {
    case 'root':
      return 'allow';
    case 'anonymous':
      return 'deny';
    default:
      return unreachable(identity);
  }
}
