/**
 * Why: which calls write to volumes, journals and clients, and what of it can be recognised again, is read off the
 * bytes.
 */
import type { TracedCall } from './strace-log.ts';
import { stringsIn } from './strace-log.ts';

/** System calls that a trace must have. */
export const tracedCalls: readonly string[] = [
  ...['openat', 'mkdir', 'rename', 'unlink', 'rmdir'],
  ...['pwrite64', 'pwritev', 'write', 'writev', 'fsync', 'fdatasync'],
];

const frameMagic = 'CSF1';
const frameHeaderBytes = 64;
const addressAt = 20;
const blockNameBytes = 33;
const kindAt = 56;
const putKind = 1;

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

/** Names, as hex, of the blocks whose frames begin a string: docs/formats/volume-file.md. */
export function blocksIn(call: TracedCall): string[] {
  return stringsIn(call.args, frameHeaderBytes)
    .filter((bytes) => bytes.byteLength >= frameHeaderBytes && bytes.toString('latin1', 0, 4) === frameMagic)
    .filter((bytes) => bytes[kindAt] === putKind)
    .map((bytes) => bytes.toString('hex', addressAt, addressAt + blockNameBytes));
}

export function isOkResponse(call: TracedCall): boolean {
  return call.args.includes('"HTTP/1.1 200 ');
}
