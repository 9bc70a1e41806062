/** Why: one place tells a key from what is none, for keys in paths, in documents and in copy sources. */
import { fromUtf8 } from '../../base/bytes.ts';
import { checkKey } from '../../object/names.ts';
import { s3Error } from '../errors.ts';

/** The key that these bytes are: 1 to 1,024 bytes of UTF-8 without NUL, otherwise taken as they are. */
export function keyFromBytes(bytes: Uint8Array): string {
  const key = fromUtf8(bytes);
  if (key === undefined) throw s3Error('InvalidURI', 'The key is not valid UTF-8');
  checkKey(key);
  return key;
}
