/** Why: a command line says `s3://bucket/key` for an object and a path for a file; which is meant is decided once. */
import { CopysetError } from '../../base/errors.ts';

export type RemoteLocation = { readonly kind: 'remote'; readonly bucket: string; readonly key: string };
export type LocalLocation = { readonly kind: 'local'; readonly path: string };
export type Location = RemoteLocation | LocalLocation;

const scheme = 's3://';
/**
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, the old ones with _ and capitals too.
 */
const bucketForm = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

/** Of commands that copy: without `s3://` it is a path. An empty key stands for the whole bucket. */
export function parseLocation(text: string): Location {
  if (text.startsWith(scheme)) return parseRemote(text);
  if (text === '' || text.includes('\0'))
    throw new CopysetError('request.invalid', 'a path must not be empty, nor hold NUL');
  return { kind: 'local', path: text };
}

/** Of commands on objects only: `s3://` may be left out. */
export function parseRemote(text: string): RemoteLocation {
  const path = text.startsWith(scheme) ? text.slice(scheme.length) : text;
  const slash = path.indexOf('/');
  const bucket = slash < 0 ? path : path.slice(0, slash);
  if (!bucketForm.test(bucket))
    throw new CopysetError('request.invalid', `"${text}" names no bucket; give s3://BUCKET/KEY`);
  return { kind: 'remote', bucket, key: slash < 0 ? '' : path.slice(slash + 1) };
}

export function printRemote({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  return `${scheme}${bucket}/${key}`;
}

/** The prefix of what lies below: a whole bucket, or all whose keys begin with this and a slash. */
export function prefixBelow(key: string): string {
  return key === '' || key.endsWith('/') ? key : `${key}/`;
}
