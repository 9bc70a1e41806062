/** Why: how many of those who wait share one write and one sync, and where their frames lie. */
import { alignUp } from '../../base/bytes.ts';
import { type Frame, frameBytesOf } from './frame.ts';
import { type FramePosition, frameOf, type Job } from './job.ts';

/** What is larger is worth a write of its own: waiting for others would only leave the device idle. */
export const largeFrameBytes = 256 * 1024;

export type GroupRoom = {
  /** In the segment that is written, and in one that begins. */
  readonly leftBytes: number;
  readonly emptyBytes: number;
  readonly maxGroupBytes: number;
  /** Large frames begin at multiples of it, so that what they hold need not be copied. */
  readonly alignBytes: number;
};

/** Of the first in the queue: one at least, and no more than fit into the segment, or into the next. */
export function firstGroup(queue: readonly Job[], room: GroupRoom): Job[] {
  const { leftBytes, emptyBytes, maxGroupBytes, alignBytes } = room;
  const [first] = queue;
  if (first === undefined) return [];
  const most = Math.min(maxGroupBytes, bytesFor(first, alignBytes) <= leftBytes ? leftBytes : emptyBytes);
  let bytes = 0;
  const end = queue.findIndex((job, at) => {
    bytes += bytesFor(job, alignBytes);
    return at > 0 && bytes > most;
  });
  return queue.slice(0, end < 0 ? queue.length : end);
}

/** At most. */
export function groupBytes(jobs: readonly Job[], alignBytes: number): number {
  return jobs.reduce((sum, job) => sum + bytesFor(job, alignBytes), 0);
}

function bytesFor(job: Job, alignBytes: number): number {
  return isLarge(job) ? job.frameBytes + alignBytes : job.frameBytes;
}

/** `at`: of the first frame; the others have the sequences behind it. */
export function placeGroup(jobs: readonly Job[], at: FramePosition, alignBytes: number): Frame[] {
  let { position } = at;
  return jobs.map((job, index) => {
    if (isLarge(job)) position = alignUp(position, alignBytes);
    const frame = frameOf(job, { ...at, position, sequence: at.sequence + index });
    position += frameBytesOf(frame);
    return frame;
  });
}

function isLarge({ frameBytes }: Job): boolean {
  return frameBytes >= largeFrameBytes;
}
