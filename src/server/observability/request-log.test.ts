import { expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import { createLog } from '../../observe/log.ts';
import type { RequestRecord } from '../../s3/request-log.ts';
import { auditRefusal, logRequest } from './request-log.ts';

const clock = { ...systemClock, wallMs: () => 0 };

const record: RequestRecord = {
  requestId: 'R1',
  method: 'PUT',
  path: '/bucket/key',
  remoteAddress: '10.0.0.9',
  accessKeyId: 'AKID',
  action: 's3:PutObject',
  operation: undefined,
  status: 403,
  error: new CopysetError('access.denied', 'The signature does not match'),
  code: 'SignatureDoesNotMatch',
  receivedBytes: 0,
  durationMs: 1.23456,
  firstByteMs: 1.2,
};

function audited(change: Partial<RequestRecord>): unknown[] {
  const lines: string[] = [];
  auditRefusal({ clock, write: (line) => lines.push(line) }, { ...record, ...change });
  return lines.map((line) => JSON.parse(line) as unknown);
}

test('a refusal says who, what, why and from where', () => {
  expect(audited({})).toEqual([
    {
      time: '1970-01-01T00:00:00.000Z',
      kind: 'audit',
      request_id: 'R1',
      who: 'AKID',
      action: 's3:PutObject',
      resource: '/bucket/key',
      code: 'SignatureDoesNotMatch',
      reason: 'The signature does not match',
      source: '10.0.0.9',
    },
  ]);
  expect(audited({ accessKeyId: undefined, action: undefined })).toMatchObject([{ who: 'anonymous', action: 'PUT' }]);
});

test('what a handler denied is a refusal, what was not found or failed is none', () => {
  expect(audited({ operation: 'DeleteObjects' })).toHaveLength(1);
  expect(audited({ operation: 'GetObject', status: 404 })).toEqual([]);
  expect(audited({ operation: 'GetObject', status: 200 })).toEqual([]);
  expect(audited({ status: 503 })).toEqual([]);
  expect(audited({ status: 0 })).toEqual([]);
});

test('a resource is cut where no key can be so long', () => {
  const [line] = audited({ path: `/${'x'.repeat(30_000)}` });
  expect(JSON.stringify(line).length).toBeLessThan(1_500);
});

test('a line of the log carries the id that the client got, and no name of two spellings', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', clock, write: (line) => lines.push(line) });
  logRequest(log, { ...record, operation: 'GetObject', status: 500 });
  logRequest(log, { ...record, operation: 'GetObject', status: 200, error: undefined, code: undefined });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { level: 'warn', request_id: 'R1', status: 500, durationMs: 1.235, error: { code: 'access.denied' } },
    { level: 'debug', request_id: 'R1', status: 200 },
  ]);
  expect(lines.join()).not.toContain('requestId');
});
