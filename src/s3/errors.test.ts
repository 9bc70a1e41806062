import { describe, expect, test } from 'vitest';
import { CopysetError, type ErrorCode, type ErrorDetails, errorCodes } from '../base/errors.ts';
import { s3Codes, s3Error, toFailure } from './errors.ts';
import { errorReply } from './reply.ts';

const secret = '/var/lib/copyset/volumes/1';

describe('every error of the store', () => {
  test.each(Object.keys(errorCodes) as ErrorCode[])('%s has a status that SDKs act on rightly', (code) => {
    const { status } = toFailure(new CopysetError(code, 'x'));
    const { kind } = errorCodes[code];
    const healsByItself = kind === 'wait' || kind === 'retry' || kind === 'repair';
    const isRetried = status === 500 || status === 503 || (code === 'conflict' && status === 409);
    if (healsByItself) expect(isRetried).toBe(true);
  });

  test.each(Object.keys(errorCodes) as ErrorCode[])('%s tells no path, cause or stack', (code) => {
    const told = ['request.invalid', 'request.too_large', 'unsupported'];
    if (told.includes(code)) return;
    const error = new CopysetError(code, `cannot write ${secret}`, { cause: new CopysetError('disk.io', secret) });
    expect(JSON.stringify(toFailure(error))).not.toContain(secret);
  });
});

test.each([
  ['not_found', 'bucket', 'NoSuchBucket', 404],
  ['not_found', 'object', 'NoSuchKey', 404],
  ['not_found', 'upload', 'NoSuchUpload', 404],
  ['not_found', 'part', 'InvalidPart', 400],
  ['not_found', 'version', 'NoSuchVersion', 404],
  ['not_found', 'delete_marker', 'MethodNotAllowed', 405],
  ['request.invalid', 'part', 'InvalidPartNumber', 416],
  ['request.invalid', 'version_id', 'InvalidArgument', 400],
  ['request.digest_mismatch', 'body', 'BadDigest', 400],
  ['precondition_failed', 'object', 'PreconditionFailed', 412],
  ['request.invalid', 'part_order', 'InvalidPartOrder', 400],
  ['request.invalid', 'part_size', 'EntityTooSmall', 400],
  ['request.invalid', 'range', 'InvalidRange', 416],
  ['request.invalid', 'anything', 'InvalidArgument', 400],
  ['already_exists', 'bucket', 'BucketAlreadyOwnedByYou', 409],
  ['busy', 'memory', 'SlowDown', 503],
  ['disk.full', 'volume', 'InsufficientStorage', 503],
] as const)('%s about %s is %s', (code, what, s3, status) => {
  expect(toFailure(new CopysetError(code, 'x', { details: { what } }))).toMatchObject({ code: s3, status });
});

test('an unsatisfiable range tells the size', () => {
  const error = new CopysetError('request.invalid', 'x', { details: { what: 'range', bytes: 7 } });
  expect(toFailure(error).fields).toEqual({ ActualObjectSize: '7' });
});

test('a delete marker is told in headers, and what may be done to it', () => {
  const told = (details: ErrorDetails) => toFailure(new CopysetError('not_found', 'x', { details })).headers;
  expect(told({ what: 'object' })).toEqual({});
  expect(told({ what: 'object', deleteMarker: true, versionId: '01' })).toEqual({
    'x-amz-delete-marker': 'true',
    'x-amz-version-id': '01',
  });
  expect(told({ what: 'delete_marker', versionId: '01' })).toEqual({
    allow: 'DELETE',
    'x-amz-delete-marker': 'true',
    'x-amz-version-id': '01',
  });
});

test('a condition that does not hold is named', () => {
  const error = s3Error('PreconditionFailed', undefined, { condition: 'If-Match' });
  expect(toFailure(error).fields).toEqual({ Condition: 'If-Match' });
});

test('errors of the door keep their code and text', () => {
  for (const code of Object.keys(s3Codes) as (keyof typeof s3Codes)[]) {
    expect(toFailure(s3Error(code, 'why'))).toMatchObject({ code, status: s3Codes[code].status, message: 'why' });
  }
});

test('what is no error of ours is a bug, and says nothing', () => {
  const thrown = new TypeError(`undefined is not a function at ${secret}`);
  expect(toFailure(thrown)).toMatchObject({ code: 'InternalError', status: 500 });
  expect(toFailure(thrown).message).not.toContain(secret);
});

test('the document escapes what a stranger put into the path', () => {
  const reply = errorReply(toFailure(s3Error('NoSuchKey')), { resource: '/b/<x>&"', requestId: '1' });
  expect(reply.status).toBe(404);
  const text = reply.body.kind === 'bytes' ? Buffer.from(reply.body.bytes).toString() : '';
  expect(text).toContain('<Error><Code>NoSuchKey</Code>');
  expect(text).toContain('<Resource>/b/&lt;x&gt;&amp;&quot;</Resource><RequestId>1</RequestId></Error>');
});
