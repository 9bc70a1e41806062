/**
 * Why: what cannot be told apart, or needs no action, must not be registered; what is not registered, or asks for more
 * than its operation understands, is answered with 501 and the name of what is not supported, never with 200 and
 * silence.
 */
import { actions } from '../../access/action.ts';
import { assert } from '../../base/assert.ts';
import type { CopysetError } from '../../base/errors.ts';
import { checksumKindOf } from '../body/checksum.ts';
import { s3Error } from '../errors.ts';
import type { RequestHead } from '../head.ts';
import type { Operation } from '../operation.ts';
import type { BucketTarget, ObjectTarget, ParsedTarget, ServiceTarget } from './target.ts';

export type AnyOperation = Operation<ServiceTarget> | Operation<BucketTarget> | Operation<ObjectTarget>;

/** Understood everywhere: they speak of the request itself. SDKs name the operation in `x-id`. */
export const commonQuery: ReadonlySet<string> = new Set(['x-id']);
export const commonHeaders: ReadonlySet<string> = new Set([
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-decoded-content-length',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-security-token',
  'x-amz-trailer',
  'x-amz-user-agent',
]);
/** Values that ask for what happens anyway. Clients that copy send the directive with uploads as well. */
export const defaultValues: Readonly<Record<string, string>> = {
  'x-amz-acl': 'private',
  'x-amz-metadata-directive': 'REPLACE',
  'x-amz-storage-class': 'STANDARD',
};

/** An operation, with what it understands laid out for a look at every request. */
type Route = {
  readonly operation: AnyOperation;
  readonly header: string | undefined;
  readonly conditions: readonly (readonly [name: string, value: string | true])[];
  readonly query: ReadonlySet<string>;
};

export class RouteTable {
  readonly #operations: readonly AnyOperation[];
  /** By method and level; the most particular first. */
  readonly #routes: ReadonlyMap<string, readonly Route[]>;

  constructor(operations: readonly AnyOperation[]) {
    const routes = new Set<string>();
    for (const operation of operations) {
      assert(actions.includes(operation.action), `${operation.name}: a declared action`);
      assert(!routes.has(routeText(operation)), `${operation.name}: a route of its own`);
      routes.add(routeText(operation));
    }
    this.#operations = operations.toSorted((left, right) => conditions(right) - conditions(left));
    this.#routes = Map.groupBy(this.#operations.map(routeOf), ({ operation }) => groupOf(operation));
  }

  /** The operation that a request means; refuses what it asks for beyond that. */
  match(head: RequestHead, parsed: ParsedTarget): AnyOperation {
    const group = this.#routes.get(groupOf({ method: head.method, level: parsed.target.level }));
    const route = group?.find((candidate) => means(candidate, head, parsed.query));
    if (route === undefined) throw this.#unsupported(head.method, parsed);
    refuseQuery(route, parsed.query);
    refuseHeaders(route.operation, head);
    return route.operation;
  }

  #unsupported(method: string, { target: { level }, query }: ParsedTarget): CopysetError {
    const near = this.#operations.filter((operation) => operation.level === level && operation.method === method);
    const asked = [...query.keys()].filter((name) => !commonQuery.has(name));
    const what = `${method} on ${articles[level]}${asked.length === 0 ? '' : ` with ${queryText(asked)}`}`;
    const instead = near.length === 0 ? '' : `; supported are ${near.map(routeName).join(', ')}`;
    return s3Error('NotImplemented', `${what} is not supported${instead}`);
  }
}

const articles = { service: 'the service', bucket: 'a bucket', object: 'an object' } as const;

function groupOf({ method, level }: { readonly method: string; readonly level: string }): string {
  return `${method} ${level}`;
}

function routeOf(operation: AnyOperation): Route {
  const { query = {}, header } = operation.when ?? {};
  const known = new Set([...commonQuery, ...(operation.query ?? []), ...Object.keys(query)]);
  return { operation, header, conditions: Object.entries(query), query: known };
}

function means({ header, conditions: asked }: Route, head: RequestHead, query: ReadonlyMap<string, string>): boolean {
  if (header !== undefined && !head.headers.has(header)) return false;
  return asked.every(([name, value]) => query.has(name) && (value === true || query.get(name) === value));
}

function refuseQuery({ operation, query: known }: Route, query: ReadonlyMap<string, string>): void {
  const unknown = [...query.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw s3Error('NotImplemented', `${operation.name} with ${queryText(unknown)} is not supported`);
}

function refuseHeaders(operation: AnyOperation, head: RequestHead): void {
  const asking = head.headers.names().filter((name) => /^(?:x-amz-|if-|content-range$)/.test(name));
  const unknown = asking.filter((name) => !understands(operation, name) && !asksForDefault(head, name));
  if (unknown.length > 0)
    throw s3Error('NotImplemented', `${operation.name} with ${unknown.join(' and ')} is not supported`);
}

function understands(operation: AnyOperation, header: string): boolean {
  if (commonHeaders.has(header) || header === operation.when?.header) return true;
  if (operation.body !== 'none' && checksumKindOf(header) !== undefined) return true;
  return (operation.headers ?? []).some((name) => (name.endsWith('-') ? header.startsWith(name) : header === name));
}

function asksForDefault(head: RequestHead, header: string): boolean {
  return Object.hasOwn(defaultValues, header) && head.headers.get(header) === defaultValues[header];
}

function queryText(names: readonly string[]): string {
  return names.map((name) => `?${name}`).join(' and ');
}

function routeName({ name, when }: AnyOperation): string {
  const query = Object.entries(when?.query ?? {}).map(([key, value]) => (value === true ? key : `${key}=${value}`));
  return query.length === 0 ? name : `${name} (${queryText(query)})`;
}

function conditions(operation: AnyOperation): number {
  return Object.keys(operation.when?.query ?? {}).length + (operation.when?.header === undefined ? 0 : 1);
}

function routeText(operation: AnyOperation): string {
  return JSON.stringify([operation.level, operation.method, operation.when ?? {}]);
}
