/** Why: one function decides for every door, so that no door can forget a rule; what no rule allows is denied. */
import { unreachable } from '../base/assert.ts';
import type { Action, Resource } from './action.ts';
import type { Identity } from './identity.ts';
import { type Policy, policyAllows, policyAllowsSome } from './policy.ts';

export type Decision = 'allow' | 'deny';

/** `policy` is that of the bucket which the resource is or lies in, where it has one. The root's word beats it. */
export function decide(
  identity: Identity,
  action: Action,
  { resource, policy }: { readonly resource: Resource; readonly policy: Policy | undefined },
): Decision {
  switch (identity.kind) {
    case 'root':
      return 'allow';
    case 'anonymous':
      return policy !== undefined && policyAllows(policy, action, resource) ? 'allow' : 'deny';
    default:
      return unreachable(identity);
  }
}

/**
 * For a request that names its objects only in its body: denied where none of them could be allowed. An `allow` here
 * allows nothing: each object is still to be decided.
 */
export function decideForSome(identity: Identity, action: Action, policy: Policy | undefined): Decision {
  switch (identity.kind) {
    case 'root':
      return 'allow';
    case 'anonymous':
      return policy !== undefined && policyAllowsSome(policy, action) ? 'allow' : 'deny';
    default:
      return unreachable(identity);
  }
}
