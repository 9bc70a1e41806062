/**
 * Why: every route of the door's table is put to the same tests, so a request that means it is made from what the table
 * declares; a route that is added is covered on the day it is added.
 */
import type { AnyOperation } from '../../src/s3/router/route-table.ts';
import { emptySha256, type HeaderList, sha256Hex } from '../support/s3-signer.ts';

/** A request that is not signed yet. `payload` is its x-amz-content-sha256. */
export type Draft = {
  readonly method: string;
  readonly target: string;
  /** Without Host, and without what signs. */
  readonly headers: HeaderList;
  readonly body: Buffer;
  readonly payload: string;
};

export const wireBucket = 'wire';
export const emptyBucket = 'wire-empty';

/** What the requests name: it is there, so that a request that slips through changes something. */
export type Names = { readonly uploadId: string };

/** A request that means this operation and would change what it names. */
export function draftOf(operation: AnyOperation, names: Names): Draft {
  const body = Buffer.from(bodies[operation.body]);
  const header = operation.when?.header;
  const headers = header === undefined ? [] : [[header, headerValues[header] ?? '1'] as const];
  return withBody({ method: operation.method, target: targetOf(operation, names), headers, body, payload: '' }, body);
}

/** Neither is what any operation wants as XML: only the way in which it travels matters. */
const bodies = { none: '', document: '<Wire>a document</Wire>', object: 'the bytes of an object' } as const;

const headerValues: Readonly<Record<string, string>> = { 'x-amz-copy-source': `${wireBucket}/other` };

function targetOf({ level, method, when }: AnyOperation, { uploadId }: Names): string {
  const values: Readonly<Record<string, string>> = { uploadId, partNumber: '2' };
  const pairs = Object.entries(when?.query ?? {}).map(([name, value]) => {
    const given = values[name] ?? (value === true ? '' : value);
    return given === '' ? name : `${name}=${given}`;
  });
  const query = pairs.length === 0 ? '' : `?${pairs.sort().join('&')}`;
  if (level === 'service') return `/${query}`;
  if (level === 'object') return `/${wireBucket}/key${query}`;
  const isWhole = pairs.length === 0;
  if (isWhole && method === 'DELETE') return `/${emptyBucket}`;
  if (isWhole && method === 'PUT') return '/wire-new';
  return `/${wireBucket}${query}`;
}

/** With another body, announced by length and hash. */
export function withBody(draft: Draft, body: Buffer): Draft {
  const needsLength = body.byteLength > 0 || draft.method === 'PUT' || draft.method === 'POST';
  const length = needsLength ? [['content-length', String(body.byteLength)] as const] : [];
  const headers = [...draft.headers.filter(([name]) => name !== 'content-length'), ...length];
  return { ...draft, headers, body, payload: body.byteLength === 0 ? emptySha256 : sha256Hex(body) };
}

export function withHeaders(draft: Draft, ...more: HeaderList): Draft {
  return { ...draft, headers: [...draft.headers, ...more] };
}
