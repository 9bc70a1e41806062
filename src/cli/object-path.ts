/** Why: objects are named on the command line as `bucket/key` or `s3://bucket/key`, where the key may hold anything. */
import type { ObjectPath } from '../admin/contract.ts';
import { CopysetError } from '../base/errors.ts';

export const objectArgument = { name: 'object', text: 'BUCKET/KEY' } as const;

export function parseObjectPath(text: string): ObjectPath {
  const path = text.replace(/^s3:\/\//, '');
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) {
    throw new CopysetError('request.invalid', `"${text}" names no object; give BUCKET/KEY`);
  }
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}
