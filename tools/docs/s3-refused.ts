/**
 * Why: who comes from Amazon S3 wants to know what is not here before a program finds out. Each request of this list is
 * sent to the door's own table of routes by a test, which wants 501.
 */
import type { Method } from '../../src/s3/operation.ts';
import { markdownTable } from './table.ts';

export type RefusedRequest = {
  readonly method: Method;
  readonly target: string;
  readonly header?: readonly [name: string, value: string];
};

const bucket = '/bucket';
const object = '/bucket/key';

function each(methods: readonly Method[], target: string, names: readonly string[]): RefusedRequest[] {
  return names.flatMap((name) => methods.map((method) => ({ method, target: `${target}?${name}` })));
}

function withHeaders(target: string, headers: Readonly<Record<string, string>>): RefusedRequest[] {
  return Object.entries(headers).map((header) => ({ method: 'PUT', target, header }));
}

const configured = ['GET', 'PUT', 'DELETE'] as const;
const settings = ['GET', 'PUT'] as const;
const changes = ['PUT', 'DELETE'] as const;

export const refused: Readonly<Record<string, readonly RefusedRequest[]>> = {
  'deletes that need a second factor': [
    { method: 'PUT', target: `${bucket}?versioning`, header: ['x-amz-mfa', 'serial code'] },
    { method: 'DELETE', target: `${object}?versionId=1`, header: ['x-amz-mfa', 'serial code'] },
  ],
  'an object in several ranges, or as a torrent': [
    { method: 'GET', target: object, header: ['if-range', '"etag"'] },
    ...each(['GET'], object, ['torrent']),
  ],
  'grants to others by access control lists': [
    ...withHeaders(`${bucket}?acl`, { 'x-amz-acl': 'public-read' }),
    ...withHeaders(object, { 'x-amz-acl': 'public-read', 'x-amz-grant-read': 'id=somebody' }),
  ],
  'blocks of public access, ownership': each(changes, bucket, ['publicAccessBlock', 'ownershipControls']),
  'object lock, retention, legal hold': [
    ...each(['PUT'], bucket, ['object-lock']),
    ...each(settings, object, ['retention', 'legal-hold']),
    ...withHeaders(object, { 'x-amz-object-lock-mode': 'GOVERNANCE' }),
  ],
  'encryption by S3 or with keys of the client': [
    ...each(changes, bucket, ['encryption']),
    ...withHeaders(object, {
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    }),
  ],
  'life cycles, storage classes, restores': [
    ...each(changes, bucket, ['lifecycle']),
    ...each(configured, bucket, ['intelligent-tiering&id=1']),
    ...withHeaders(object, { 'x-amz-storage-class': 'GLACIER' }),
    ...each(['POST'], object, ['restore']),
  ],
  'replication, notifications, logs, metrics, inventories': [
    ...each(changes, bucket, ['replication']),
    ...each(['PUT'], bucket, ['notification', 'logging']),
    ...each(configured, bucket, ['analytics&id=1', 'metrics&id=1', 'inventory&id=1']),
  ],
  'web sites, forms and other origins': [...each(changes, bucket, ['website']), { method: 'POST', target: bucket }],
  'queries, renames, sessions, acceleration, payment': [
    ...each(['POST'], object, ['select&select-type=2']),
    ...each(['PUT'], object, ['renameObject']),
    ...each(['GET'], bucket, ['session']),
    ...each(['PUT'], bucket, ['accelerate', 'requestPayment']),
  ],
};

export function printRefused(): string {
  const rows = Object.entries(refused).map(([what, requests]) => [what, inShort(requests)]);
  return markdownTable(['what', 'requests'], rows);
}

/** `GET PUT /bucket?acl`: the methods of one target and header together. */
function inShort(requests: readonly RefusedRequest[]): string {
  const forms = Map.groupBy(requests, ({ target, header }) =>
    [target, ...(header === undefined ? [] : [`with ${header.join(': ')}`])].join(' '),
  );
  return [...forms].map(([form, same]) => `\`${same.map(({ method }) => method).join(' ')} ${form}\``).join(', ');
}
