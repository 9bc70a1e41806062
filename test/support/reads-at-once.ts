/** Why: tests of reads that wait for no device need a file system that can do them; tmpfs, for one, does not. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libc } from '../../src/base/libc.ts';

export function readsAtOnce(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'copyset-at-once-'));
  const path = join(directory, 'file');
  writeFileSync(path, 'text');
  const fd = openSync(path, 'r');
  try {
    return libc?.readNow(fd, 0, Buffer.allocUnsafeSlow(4)) === 4;
  } finally {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  }
}
