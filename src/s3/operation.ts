/**
 * Why: an operation is one file that declares all a gate must know before its handler runs: where it is routed, which
 * action it needs, what of query and headers it understands, what body it takes. What it does not declare is refused.
 */
import type { Action, Resource } from '../access/action.ts';
import type { Identity } from '../access/identity.ts';
import type { ObjectStore } from '../object/store.ts';
import type { Payload } from './body/payload.ts';
import type { HeaderFields } from './head.ts';
import type { Reply } from './reply.ts';
import type { Target } from './router/target.ts';

export type Method = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';

/** What a handler works with: the request as authorized, and nothing it would have to parse again. */
export type Call<T extends Target = Target> = {
  readonly target: T;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: HeaderFields;
  readonly body: Payload;
  readonly store: ObjectStore;
  readonly identity: Identity;
  /** That clients are told. */
  readonly region: string;
  /** For what is known only once the body was read. */
  readonly may: (action: Action, resource: Resource) => boolean;
  readonly signal: AbortSignal;
};

/** Something an operation does besides its main action; to its target, where no resource is named. */
export type Demand = { readonly action: Action; readonly resource?: Resource };

export type Operation<T extends Target> = {
  readonly name: string;
  readonly level: T['level'];
  readonly method: Method;
  /** What must be there for this operation to be meant: query names with their value (`true`: any), and a header. */
  readonly when?: { readonly query?: Readonly<Record<string, string | true>>; readonly header?: string };
  readonly action: Action;
  /** Instead, where the query names a version. */
  readonly versionAction?: Action;
  /**
   * The body names the keys: the handler asks `may` for each of them, with `action`, or `versionAction` where it names
   * a version. Before that it is only seen whether some key could be allowed.
   */
  readonly judgesKeys?: true;
  /** Actions of a compound request, judged before the handler as well. */
  readonly alsoDemands?: (headers: HeaderFields, query: ReadonlyMap<string, string>) => readonly Demand[];
  /** Further query names that it understands. */
  readonly query?: readonly string[];
  /** x-amz-* and If-* headers that it understands; a name that ends in `-` stands for all that begin so. */
  readonly headers?: readonly string[];
  readonly body: 'none' | 'document' | 'object';
  /** Checksums in the head are of the object that comes to be, not of the body. */
  readonly checksumIsOfObject?: true;
  handle(call: Call<T>): Promise<Reply>;
};

/** What a request needs to be allowed. */
export function actionOf(
  { action, versionAction }: Pick<Operation<Target>, 'action' | 'versionAction'>,
  query: ReadonlyMap<string, string>,
): Action {
  return query.has('versionId') ? (versionAction ?? action) : action;
}
