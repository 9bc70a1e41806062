/**
 * Why: the one place that every request passes before any handler: who is it, what does it mean, may it. Nothing of the
 * body was read, and nobody was told to send it, before the gate said yes.
 */
import type { Action, Resource } from '../access/action.ts';
import type { Credentials } from '../access/credentials.ts';
import { decide, decideForSome } from '../access/decide.ts';
import type { Identity } from '../access/identity.ts';
import type { Policy } from '../access/policy.ts';
import type { CallOptions } from '../base/async/abort.ts';
import { type Awaitable, after } from '../base/async/awaitable.ts';
import type { Clock } from '../base/clock.ts';
import { throwIfBug } from '../base/errors.ts';
import { s3Error } from './errors.ts';
import type { RequestHead } from './head.ts';
import { actionOf, type Demand } from './operation.ts';
import { Policies, type PolicyOf } from './policies.ts';
import { type AnyOperation, RouteTable } from './router/route-table.ts';
import { parseHead, type Target } from './router/target.ts';
import { type Authenticated, Authenticator } from './signature/authenticate.ts';
import { isPresigned, withLiftedHeaders } from './signature/presigned.ts';

export type GateOptions = {
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** Under which the host names the bucket; lower-case, without port. */
  readonly domains?: readonly string[] | undefined;
  /** Without it only the root gets in. */
  readonly policyOf?: PolicyOf | undefined;
};

/** A request that may go on, and all that was found out about it. */
export type Admission = Authenticated & {
  readonly target: Target;
  readonly operation: AnyOperation;
  readonly may: (action: Action, resource: Resource) => boolean;
};

type Asking = { readonly request: Authenticated; readonly target: Target; readonly policies: Policies };

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #routes: RouteTable;
  readonly #domains: readonly string[];
  readonly #policyOf: PolicyOf;

  constructor(options: GateOptions, operations: readonly AnyOperation[]) {
    this.#authenticator = new Authenticator(options);
    this.#routes = new RouteTable(operations);
    this.#domains = options.domains ?? [];
    this.#policyOf = options.policyOf ?? (async () => undefined);
  }

  /** Throws, or rejects. */
  admit(head: RequestHead, options: CallOptions = {}): Awaitable<Admission> {
    const { target, query } = parseHead(head, this.#domains);
    const authenticated = this.#authenticator.authenticate({ head, query }, options);
    const policies = new Policies(this.#policyOf);
    return after(authenticated, (request) => {
      if (request.identity.kind === 'anonymous') return this.#admitStranger({ request, target, policies }, options);
      return this.#judge({ request, target, policies }, options);
    });
  }

  async #admitStranger(asking: Asking, options: CallOptions): Promise<Admission> {
    await expectPolicy(asking.policies, resourceOf(asking.target), options);
    return this.#judge(asking, options);
  }

  #judge({ request, target, policies }: Asking, options: CallOptions): Awaitable<Admission> {
    const operation = this.#routes.match(request.head, { target, query: request.query });
    const resource = resourceOf(target);
    const demands = demandsOf(operation, request).map((demand) => ({ resource, ...demand }));
    const read = request.identity.kind === 'root' ? undefined : readPolicies(policies, demands, options);
    const may = (action: Action, asked: Resource) =>
      decide(request.identity, action, { resource: asked, policy: policies.get(asked.bucket) }) === 'allow';
    return after(read, () => {
      if (!demands.every(({ action, resource: asked }) => may(action, asked))) throw s3Error('AccessDenied');
      if (operation.judgesKeys) expectSome(operation, request.identity, policies.get(resource.bucket));
      return { ...request, target, operation, may };
    });
  }

  /** For audits of what was refused; undefined when the head means nothing that there is. */
  actionOf(head: RequestHead): Action | undefined {
    try {
      const { target, query } = parseHead(head, this.#domains);
      const request = isPresigned(query) ? withLiftedHeaders(head, query) : { head, query };
      return actionOf(this.#routes.match(request.head, { target, query: request.query }), request.query);
    } catch (error) {
      throwIfBug(error);
      return undefined;
    }
  }
}

/** Where no rule is made for strangers, they learn nothing, not even what is supported. */
async function expectPolicy(policies: Policies, { bucket }: Resource, options: CallOptions): Promise<void> {
  if (bucket !== undefined) await policies.read(bucket, options);
  if (policies.get(bucket) === undefined) throw s3Error('AccessDenied', 'Anonymous requests are not allowed');
}

/** All that can be judged before the body is read. */
function demandsOf(operation: AnyOperation, { head, query }: Authenticated): readonly Demand[] {
  const more = operation.alsoDemands?.(head.headers, query) ?? [];
  return operation.judgesKeys ? more : [{ action: actionOf(operation, query) }, ...more];
}

/** Nobody sends a body in vain of which no key could be allowed. */
function expectSome({ action, versionAction }: AnyOperation, identity: Identity, policy: Policy | undefined): void {
  const possible = [action, versionAction ?? action];
  if (!possible.some((each) => decideForSome(identity, each, policy) === 'allow')) throw s3Error('AccessDenied');
}

/** Of the buckets that a request names; what it may do in others is judged without a policy. */
async function readPolicies(
  policies: Policies,
  demands: readonly Required<Demand>[],
  options: CallOptions,
): Promise<void> {
  for (const { bucket } of demands.map(({ resource }) => resource)) {
    if (bucket !== undefined) await policies.read(bucket, options);
  }
}

function resourceOf(target: Target): Resource {
  switch (target.level) {
    case 'service':
      return {};
    case 'bucket':
      return { bucket: target.bucket };
    case 'object':
      return { bucket: target.bucket, key: target.key };
  }
}
