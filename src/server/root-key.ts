/**
 * Why: the first identity is made at the first start, at random, and kept in a file that only its owner reads (0600).
 */

import type { AccessKey } from '../access/credentials.ts';
import { fromUtf8, hex, utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Disk } from '../disk/disk.ts';
import { readWholeFile, replaceFile } from '../disk/whole-file.ts';

const fileName = 'root-key.json';
const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Undefined when the directory holds none: a store may be given its key by configuration. */
export async function readRootKey(disk: Disk): Promise<AccessKey | undefined> {
  const bytes = await readWholeFile(disk, fileName);
  return bytes && parseKey(disk, bytes);
}

/** The key of this data directory; made when there is none. */
export async function loadRootKey(disk: Disk, random: Random): Promise<AccessKey> {
  const known = await readRootKey(disk);
  if (known !== undefined) return known;
  const key = {
    accessKeyId: Array.from(random.bytes(20), (byte) => idAlphabet[byte % idAlphabet.length]).join(''),
    secretAccessKey: hex(random.bytes(20)),
  };
  await replaceFile(disk, fileName, utf8(`${JSON.stringify(key, null, 2)}\n`));
  return key;
}

function parseKey(disk: Disk, bytes: Uint8Array): AccessKey {
  const match = /"accessKeyId":\s*"([A-Z0-9]{3,128})",\s*"secretAccessKey":\s*"([^"]{8,128})"/.exec(
    fromUtf8(bytes) ?? '',
  );
  if (match?.[1] !== undefined && match[2] !== undefined) return { accessKeyId: match[1], secretAccessKey: match[2] };
  throw new CopysetError(
    'format.damaged',
    `${disk.root}/${fileName} holds no key; restore it, or remove it to have a new one made`,
  );
}
