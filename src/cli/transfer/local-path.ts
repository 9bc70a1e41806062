/**
 * Why: a key may hold anything, a path may not. A key that is no path below the target directory is refused, whatever
 * it would do there: nothing is ever written outside, and no two keys to one file.
 */
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { CopysetError } from '../../base/errors.ts';

const maxNameBytes = 255;

/** The path of an object below a directory; `relativeKey` is what follows the prefix. */
export function pathBelow(directory: string, relativeKey: string): string {
  const names = relativeKey.split('/');
  const problem = names.map(problemOf).find((each) => each !== undefined);
  if (problem !== undefined)
    throw new CopysetError(
      'request.invalid',
      `the key "${relativeKey}" cannot be a path below ${directory}: ${problem}`,
    );
  return join(directory, ...names);
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'it has an empty name before, behind or between its slashes';
  if (name === '.' || name === '..') return `it has the name "${name}"`;
  if (name.includes('\0') || name.includes('\\')) return 'it has a character that names of files may not have';
  return Buffer.byteLength(name) > maxNameBytes ? `it has a name of more than ${maxNameBytes} bytes` : undefined;
}

/** Makes the directories that a path needs; refuses when a symbolic link leads them elsewhere. */
export async function makeParents(directory: string, path: string): Promise<void> {
  const parent = dirname(path);
  try {
    await mkdir(parent, { recursive: true });
    const [root, real] = await Promise.all([realpath(directory), realpath(parent)]);
    if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  } catch (cause) {
    throw new CopysetError('request.invalid', `cannot make ${parent}: ${(cause as Error).message}`, { cause });
  }
  throw new CopysetError('request.invalid', `${resolve(path)} would lie outside of ${directory}: a link leads away`);
}
