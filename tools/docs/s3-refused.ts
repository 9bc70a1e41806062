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

export const refused: Readonly<Record<string, readonly RefusedRequest[]>> = {
  'listing without `list-type=2`': [{ method: 'GET', target: bucket }],
  'versions of objects': [
    ...each(settings, bucket, ['versioning']),
    ...each(['GET'], bucket, ['versions']),
    ...each(['GET', 'HEAD', 'DELETE'], object, ['versionId=1']),
  ],
  'conditional writes': [
    ...withHeaders(object, { 'if-match': '"etag"', 'if-none-match': '*' }),
    { method: 'DELETE', target: object, header: ['if-match', '"etag"'] },
  ],
  'copying a part; conditions on the source of a copy': [
    { method: 'PUT', target: `${object}?partNumber=1&uploadId=id`, header: ['x-amz-copy-source', 'bucket/other'] },
  ],
  'one part of an object, or what else there is to know of it': [
    ...each(['GET', 'HEAD'], object, ['partNumber=1']),
    ...each(['GET'], object, ['attributes', 'torrent', 'response-content-type=text%2Fplain']),
  ],
  'access control lists': [
    ...each(settings, bucket, ['acl']),
    ...each(settings, object, ['acl']),
    ...withHeaders(object, { 'x-amz-acl': 'public-read', 'x-amz-grant-read': 'id=somebody' }),
  ],
  'policies and ownership': [
    ...each(configured, bucket, ['policy', 'publicAccessBlock', 'ownershipControls']),
    ...each(['GET'], bucket, ['policyStatus']),
  ],
  tags: [
    ...each(configured, bucket, ['tagging']),
    ...each(configured, object, ['tagging']),
    ...withHeaders(object, { 'x-amz-tagging': 'a=b' }),
  ],
  'object lock, retention, legal hold': [
    ...each(settings, bucket, ['object-lock']),
    ...each(settings, object, ['retention', 'legal-hold']),
    ...withHeaders(object, { 'x-amz-object-lock-mode': 'GOVERNANCE' }),
  ],
  'encryption by S3 or with keys of the client': [
    ...each(configured, bucket, ['encryption']),
    ...withHeaders(object, {
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    }),
  ],
  'life cycles, storage classes, restores': [
    ...each(configured, bucket, ['lifecycle', 'intelligent-tiering&id=1']),
    ...withHeaders(object, { 'x-amz-storage-class': 'GLACIER' }),
    ...each(['POST'], object, ['restore']),
  ],
  'replication, notifications, logs, metrics, inventories': [
    ...each(configured, bucket, ['replication', 'analytics&id=1', 'metrics&id=1', 'inventory&id=1']),
    ...each(settings, bucket, ['notification', 'logging']),
  ],
  'web sites, forms and other origins': [
    ...each(configured, bucket, ['website', 'cors']),
    { method: 'POST', target: bucket },
  ],
  'queries, renames, sessions, acceleration, payment': [
    ...each(['POST'], object, ['select&select-type=2']),
    ...each(['PUT'], object, ['renameObject']),
    ...each(['GET'], bucket, ['session']),
    ...each(settings, bucket, ['accelerate', 'requestPayment']),
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
