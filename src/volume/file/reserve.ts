/**
 * Why: a volume that is full must come back by itself. Puts stop first, while tombstones still have room; tombstones
 * stop before the headroom that the rewrite of a segment takes. From there on a delete is remembered without being
 * written: a crash may bring its block back, as garbage, but the rewrite that makes room goes on.
 */
import type { Job } from './job.ts';

export type ReserveLimits = {
  /** Puts leave this much of the device free. */
  readonly reserveBytes: number;
  /** Tombstones leave this much: less than the reserve. */
  readonly headroomBytes: number;
};

export type Admission = {
  readonly written: readonly Job[];
  /** Deletes that are not written. */
  readonly remembered: readonly Job[];
  /** Puts. */
  readonly refused: readonly Job[];
  /** What puts may still take. */
  readonly roomBytes: number;
};

/** Room only shrinks: behind the first delete that does not fit no put does. */
export function admitJobs(jobs: readonly Job[], freeBytes: number, limits: ReserveLimits): Admission {
  const [written, remembered, refused]: [Job[], Job[], Job[]] = [[], [], []];
  let left = freeBytes;
  for (const job of jobs) {
    const { kind } = job.content;
    const kept = { put: limits.reserveBytes, delete: limits.headroomBytes, move: 0 }[kind];
    const fits = kind === 'move' || left - job.frameBytes >= kept;
    if (fits) left -= job.frameBytes;
    (fits ? written : kind === 'put' ? refused : remembered).push(job);
  }
  return { written, remembered, refused, roomBytes: refused.length > 0 ? 0 : left - limits.reserveBytes };
}
