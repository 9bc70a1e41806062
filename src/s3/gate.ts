/**
 * Why: the one place that every request passes before any handler: who is it, what does it mean, may it. Nothing of the
 * body was read, and nobody was told to send it, before the gate said yes.
 */
import type { Action, Resource } from '../access/action.ts';
import type { Credentials } from '../access/credentials.ts';
import { decide } from '../access/decide.ts';
import type { CallOptions } from '../base/async/abort.ts';
import type { Clock } from '../base/clock.ts';
import { throwIfBug } from '../base/errors.ts';
import { s3Error } from './errors.ts';
import type { RequestHead } from './head.ts';
import { type AnyOperation, RouteTable } from './router/route-table.ts';
import { type ParsedTarget, parseTarget, type Target } from './router/target.ts';
import { type Authenticated, Authenticator } from './signature/authenticate.ts';

/** A request that may go on, and all that was found out about it. */
export type Admission = ParsedTarget &
  Authenticated & {
    readonly head: RequestHead;
    readonly operation: AnyOperation;
    readonly may: (action: Action, resource: Resource) => boolean;
  };

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #routes: RouteTable;

  constructor(options: {
    readonly credentials: Credentials;
    readonly clock: Clock;
    readonly operations: readonly AnyOperation[];
  }) {
    this.#authenticator = new Authenticator(options);
    this.#routes = new RouteTable(options.operations);
  }

  async admit(head: RequestHead, options: CallOptions = {}): Promise<Admission> {
    const parsed = parseTarget(head.target);
    const authenticated = await this.#authenticator.authenticate(head, options);
    const may = (action: Action, resource: Resource) => decide(authenticated.identity, action, resource) === 'allow';
    if (authenticated.identity.kind === 'anonymous')
      throw s3Error('AccessDenied', 'Anonymous requests are not allowed');
    const operation = this.#routes.match(head, parsed);
    const demands = [{ action: operation.action, resource: resourceOf(parsed.target) }];
    demands.push(...(operation.alsoDemands?.(head.headers) ?? []));
    if (!demands.every(({ action, resource }) => may(action, resource))) throw s3Error('AccessDenied');
    return { ...parsed, ...authenticated, head, operation, may };
  }

  /** For audits of what was refused; undefined when the head means nothing that there is. */
  actionOf(head: RequestHead): Action | undefined {
    try {
      return this.#routes.match(head, parseTarget(head.target)).action;
    } catch (error) {
      throwIfBug(error);
      return undefined;
    }
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
