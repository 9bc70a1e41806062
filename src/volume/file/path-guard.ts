/**
 * Why: what is written to a directory that was deleted, unmounted or replaced is lost, though every call succeeds. So
 * before anything is acknowledged, the paths must still lead to the very files that were opened.
 */

import type { CallOptions } from '../../base/async/abort.ts';
import { allDone } from '../../base/async/all-done.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Disk } from '../../disk/disk.ts';
import { identityPath, segmentPath } from './paths.ts';

export class PathGuard {
  readonly #root: string;
  readonly #identity: string;
  readonly #segments = new Map<number, string>();

  /** `identity`: device and inode of the identity file when the volume was opened. */
  constructor(root: string, identity: string) {
    this.#root = root;
    this.#identity = identity;
  }

  /** Device and inode of a segment that was opened or found. */
  expect(segment: number, identity: string): void {
    this.#segments.set(segment, identity);
  }

  forget(segment: number): void {
    this.#segments.delete(segment);
  }

  /** Rejects with `volume.gone` unless the directory is the one that was opened. */
  async check(disk: Disk, options?: CallOptions): Promise<void> {
    const entry = await disk.stat(identityPath, options);
    if (entry?.identity !== this.#identity) throw volumeGone(this.#root);
  }

  /** As `check`; true when the segment, too, is the one that was opened. */
  async leadsTo(segment: number, disk: Disk, options?: CallOptions): Promise<boolean> {
    const [, entry] = await allDone([this.check(disk, options), disk.stat(segmentPath(segment), options)]);
    return entry !== undefined && entry.identity === this.#segments.get(segment);
  }
}

export function volumeGone(root: string, cause?: unknown): CopysetError {
  return new CopysetError('volume.gone', `${root} does not lead to the volume any more`, { cause });
}
