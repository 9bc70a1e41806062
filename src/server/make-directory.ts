/**
 * Why: what lies in a directory survives a power cut only when the directory's own name does, and its parents' names.
 */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CopysetError } from '../base/errors.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';

/** Makes the directory and the parents that it lacks, mode 0700; all their names are durable when it resolves. */
export async function makeDirectory(path: string): Promise<void> {
  const topmost = await make(path);
  if (topmost === undefined && !(await isReadable(dirname(path)))) return; // somebody else made it
  const end = dirname(topmost ?? path);
  for (let made = path; made !== end; made = dirname(made)) await openNodeDisk(dirname(made)).syncDirectory('');
}

/** Resolves with the topmost directory that was missing. The path is the user's. */
async function make(path: string): Promise<string | undefined> {
  try {
    return await makeWithParents(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CopysetError('request.invalid', `cannot make the directory ${path}: ${reason}`, { cause });
  }
}

/** Not left to `mkdir`, which tries for ever where a file system makes none although the parent is there (/proc). */
async function makeWithParents(path: string): Promise<string | undefined> {
  const made = await makeOne(path);
  if (made === 'made') return path;
  if (made === 'there') return undefined;
  const topmost = await makeWithParents(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch(expectThere(path));
  return topmost ?? path;
}

async function makeOne(path: string): Promise<'made' | 'there' | 'no parent'> {
  try {
    await mkdir(path, { mode: 0o700 });
    return 'made';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return 'no parent';
    await expectThere(path)(error);
    return 'there';
  }
}

/** Somebody else may have made it. */
function expectThere(path: string): (error: unknown) => Promise<void> {
  return async (error) => {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
    if (!isThere) throw error;
  };
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
