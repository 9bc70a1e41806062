/** Why: what is read must come from a disk at times; the kernel forgets a file's pages where it is told to. */
import { execFileSync } from 'node:child_process';

/** Of a file on a file system that has them from a device. */
export function forgetPages(path: string): void {
  execFileSync('sync', [path]);
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}
