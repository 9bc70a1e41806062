/** Why: what the S3 door understands is declared by its operations; the reference prints it and adds nothing. */
import { checksumKinds } from '../../src/base/checksum.ts';
import { s3Codes } from '../../src/s3/errors.ts';
import { operations } from '../../src/s3/operations/operations.ts';
import { type AnyOperation, commonHeaders, commonQuery, defaultValues } from '../../src/s3/router/route-table.ts';
import { markdownTable } from './table.ts';

const targets = { service: '/', bucket: '/bucket', object: '/bucket/key' } as const;
const bodies = { none: '', document: 'XML', object: 'bytes' } as const;

export function printOperations(): string {
  const rows = operations.map((operation: AnyOperation) => [
    operation.name,
    requestOf(operation),
    inCode(operation.query ?? []),
    inCode((operation.headers ?? []).map((name) => (name.endsWith('-') ? `${name}*` : name))),
    bodies[operation.body],
    inCode([operation.action, ...(operation.versionAction === undefined ? [] : [operation.versionAction])]),
  ]);
  return markdownTable(['operation', 'request', 'and in the query', 'and as headers', 'body', 'action'], rows);
}

/** The request line that means this operation, with the header that it needs. */
function requestOf({ method, level, when = {} }: AnyOperation): string {
  const pairs = Object.entries(when.query ?? {}).map(([name, value]) => (value === true ? name : `${name}=${value}`));
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  const header = when.header === undefined ? '' : ` with \`${when.header}\``;
  return `\`${method} ${targets[level]}${query}\`${header}`;
}

export function printCommon(): string {
  const checksums = checksumKinds.map((kind) => `x-amz-checksum-${kind}`);
  const defaults = Object.entries(defaultValues).map(([name, value]) => `${name}: ${value}`);
  return markdownTable(
    ['where', 'what'],
    [
      ['in every query', inCode([...commonQuery])],
      ['headers of every request', inCode([...commonHeaders])],
      ['headers (one of them) or trailers of every request with a body', inCode(checksums)],
      ['headers that ask for what happens anyway', inCode(defaults)],
    ],
  );
}

export function printCodes(): string {
  const rows = Object.entries(s3Codes).map(([code, { status, text }]) => [`\`${code}\``, String(status), text]);
  return markdownTable(['code', 'status', 'message'], rows);
}

function inCode(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' ');
}
