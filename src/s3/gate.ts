/**
 * Why: the one place that every request passes before any handler: who is it, what does it mean, may it. Nothing of the
 * body was read, and nobody was told to send it, before the gate said yes.
 */
import type { Action, Resource } from '../access/action.ts';
import type { Credentials } from '../access/credentials.ts';
import { decide } from '../access/decide.ts';
import type { Identity } from '../access/identity.ts';
import type { Policy } from '../access/policy.ts';
import type { CallOptions } from '../base/async/abort.ts';
import type { Clock } from '../base/clock.ts';
import { CopysetError, throwIfBug, toCopysetError } from '../base/errors.ts';
import { s3Error } from './errors.ts';
import type { RequestHead } from './head.ts';
import { actionOf, type Demand } from './operation.ts';
import { type AnyOperation, RouteTable } from './router/route-table.ts';
import { parseHead, type Target } from './router/target.ts';
import { type Authenticated, Authenticator } from './signature/authenticate.ts';
import { isPresigned, withLiftedHeaders } from './signature/presigned.ts';

/** The policy of a bucket; undefined when it has none or does not exist. Rejects when it cannot be known. */
export type PolicyOf = (bucket: string, options: CallOptions) => Promise<Policy | undefined>;

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

  async admit(head: RequestHead, options: CallOptions = {}): Promise<Admission> {
    const { target, query } = parseHead(head, this.#domains);
    const request = await this.#authenticator.authenticate({ head, query }, options);
    const resource = resourceOf(target);
    if (request.identity.kind === 'anonymous') await this.#expectPolicy(resource, options);
    const operation = this.#routes.match(request.head, { target, query: request.query });
    const { headers } = request.head;
    const more = operation.alsoDemands?.(headers, request.query) ?? [];
    const demands = [{ action: actionOf(operation, request.query) }, ...more].map((demand) => ({
      resource,
      ...demand,
    }));
    const may = await this.#judge(request.identity, demands, options);
    if (!demands.every(({ action, resource: each }) => may(action, each))) throw s3Error('AccessDenied');
    return { ...request, target, operation, may };
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

  /** Where no rule is made for strangers, they learn nothing, not even what is supported. */
  async #expectPolicy({ bucket }: Resource, options: CallOptions): Promise<void> {
    const policy = bucket === undefined ? undefined : await this.#policyFor(bucket, options);
    if (policy === undefined) throw s3Error('AccessDenied', 'Anonymous requests are not allowed');
  }

  /** A policy that cannot be understood is not one that allows, nor one that is not there. */
  async #policyFor(bucket: string, options: CallOptions): Promise<Policy | undefined> {
    try {
      return await this.#policyOf(bucket, options);
    } catch (cause) {
      if (toCopysetError(cause).kind !== 'request') throw cause;
      throw new CopysetError('access.denied', `the policy of ${bucket} cannot be understood`, { cause });
    }
  }

  /** Decides about all that lies in the buckets of the demands; of other buckets it knows no policy. */
  async #judge(
    identity: Identity,
    demands: readonly Required<Demand>[],
    options: CallOptions,
  ): Promise<Admission['may']> {
    const policies = new Map<string, Policy | undefined>();
    if (identity.kind !== 'root') {
      const buckets = new Set(demands.flatMap(({ resource: { bucket } }) => bucket ?? []));
      for (const bucket of buckets) policies.set(bucket, await this.#policyFor(bucket, options));
    }
    return (action, resource) =>
      decide(identity, action, { resource, policy: policies.get(resource.bucket ?? '') }) === 'allow';
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
