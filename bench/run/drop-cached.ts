/**
 * Why: a cold read is one that the page cache knows nothing of. The kernel is told that nobody needs these files
 * (posix_fadvise, which `dd` of GNU speaks): the cache of everybody else on the machine stays as it is.
 */
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
/** Below it, a file holds no object that is read cold. */
const leastBytes = 2 ** 20;

/** Of all large files below the folder; what is not written yet stays. */
export async function dropCached(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if ((await stat(path)).size >= leastBytes) await execute('dd', [`if=${path}`, 'iflag=nocache', 'count=0']);
  }
}
