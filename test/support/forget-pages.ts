/** Why: what is read must come from a disk at times; the kernel forgets a file's pages where it is told to. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { libc, pageBytes } from '../../src/base/libc.ts';

/** Of a file on a file system that has them from a device. */
export function forgetPages(path: string): void {
  execFileSync('sync', [path]);
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}

/** The one page with the byte at `position`; false where the kernel keeps it, in a larger piece. */
export function forgetPage(path: string, position: number): boolean {
  execFileSync('sync', [path]);
  const page = Math.floor(position / pageBytes);
  const which = [`bs=${pageBytes}`, `skip=${page}`, 'count=1'];
  execFileSync('dd', [`if=${path}`, 'of=/dev/null', ...which, 'iflag=nocache', 'status=none']);
  const fd = openSync(path, 'r');
  const isResident = libc?.isResident({ fd, position, bytes: 1 }) ?? true;
  closeSync(fd);
  return !isResident;
}
