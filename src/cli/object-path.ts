/** Why: objects are named on the command line as `bucket/key`, where the key may hold anything. */
import type { ObjectPath } from '../admin/contract.ts';
import { CopysetError } from '../base/errors.ts';

export const objectArgument = { name: 'object', text: 'BUCKET/KEY' } as const;

export function parseObjectPath(text: string): ObjectPath {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1) {
    throw new CopysetError('request.invalid', `"${text}" names no object; give BUCKET/KEY`);
  }
  return { bucket: text.slice(0, slash), key: text.slice(slash + 1) };
}
