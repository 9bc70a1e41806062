/**
 * Why: names from outside are checked in one place, before anything happens. Keys are opaque; buckets follow the S3
 * rules (Amazon S3 User Guide, "Bucket naming rules").
 */
import { CopysetError } from '../base/errors.ts';

export const maxKeyBytes = 1024;

/** A key of 1 to 1,024 bytes of UTF-8 without NUL. */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0) throw new CopysetError('request.invalid', 'the key is empty', { details: { reason: 'key' } });
  if (bytes > maxKeyBytes) {
    throw new CopysetError('request.too_large', `the key has ${bytes} bytes; the limit is ${maxKeyBytes}`, {
      details: { reason: 'key' },
    });
  }
  if (key.includes('\0'))
    throw new CopysetError('request.invalid', 'the key contains NUL', { details: { reason: 'key' } });
  if (!key.isWellFormed())
    throw new CopysetError('request.invalid', 'the key is not valid Unicode', { details: { reason: 'key' } });
}

const bucketPattern = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/;

export function checkBucketName(name: string): void {
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (bucketPattern.test(name) && !name.includes('..') && !isAddress) return;
  throw new CopysetError(
    'request.invalid',
    `"${name}" is no bucket name: 3 to 63 characters of a-z, 0-9, "." and "-", a letter or digit at both ends, ` +
      'without "..", not an IP address',
    { details: { reason: 'bucket-name' } },
  );
}
