/**
 * Why: which calls write to volumes, journals and clients, and what of it can be recognised again, is read off the
 * bytes.
 */
import type { TracedCall } from './strace-log.ts';

/** System calls that a trace must have. */
export const tracedCalls: readonly string[] = [
  ...['openat', 'mkdir', 'rename', 'unlink', 'rmdir'],
  ...['pwrite64', 'pwritev', 'write', 'writev', 'fsync', 'fdatasync'],
];

export function isWrite({ name }: TracedCall): boolean {
  return ['pwrite64', 'pwritev', 'write', 'writev'].includes(name);
}

export function isSync({ name }: TracedCall): boolean {
  return name === 'fsync' || name === 'fdatasync';
}

export function isSegment(path: string): boolean {
  return path.includes('/segments/');
}

export function isJournal(path: string): boolean {
  return path.includes('/journal/log-');
}

export function isSocket(path: string): boolean {
  return path.startsWith('socket:') || path.startsWith('TCP:');
}

/** `.../v1` of a path below it. */
export function volumeOf(path: string): string {
  return path.replace(/\/(segments|journal)\/.*$/, '');
}

/** Where a write with a position begins, which is its last argument. */
export function positionOf({ args }: TracedCall): number {
  return Number(/(\d+)$/.exec(args)?.[1] ?? Number.NaN);
}

export function isOkResponse(call: TracedCall): boolean {
  return call.args.includes('"HTTP/1.1 200 ');
}
