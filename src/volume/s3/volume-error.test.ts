import { expect, test } from 'vitest';
import { CopysetError, type ErrorCode } from '../../base/errors.ts';
import { volumeError } from './volume-error.ts';

test.each<[ErrorCode, ErrorCode]>([
  ['not_serving', 'volume.gone'],
  ['access.denied', 'volume.gone'],
  ['not_found', 'volume.gone'],
  ['closed', 'timeout'],
  ['timeout', 'timeout'],
  ['busy', 'busy'],
  ['disk.full', 'disk.full'],
  ['block.missing', 'block.missing'],
  ['request.aborted', 'request.aborted'],
  ['request.digest_mismatch', 'disk.io'],
  ['request.too_large', 'disk.io'],
  ['conflict', 'disk.io'],
])('%s of an endpoint is %s of a volume', (from, to) => {
  const error = new CopysetError(from, 'what happened', { details: { status: 400 } });
  const told = volumeError(error, 'volume 1 at s3://bucket/');
  expect(told).toMatchObject({ code: to, details: { status: 400 } });
  if (from !== to) expect(told).toMatchObject({ message: 'volume 1 at s3://bucket/: what happened', cause: error });
});

test('what is no error of ours is a bug still', () => {
  expect(volumeError(new TypeError('x is not a function'), 'here')).toMatchObject({ code: 'bug' });
});
