/**
 * Why: the path of a Unix socket holds about a hundred bytes, a data directory may lie deeper. Then the socket is
 * reached by its way from the working directory where that is shorter, or through an open directory (Linux).
 */
import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { CopysetError } from '../base/errors.ts';

/** sun_path: 104 bytes on macOS, 108 on Linux, with a zero at the end. */
const maxPathBytes = 100;

/** `path` leads to the socket until `release`. */
export type SocketAddress = { readonly path: string; release(): void };

export function socketAddress(path: string): SocketAddress {
  const short = [path, relative('', path)].find((each) => Buffer.byteLength(each) <= maxPathBytes);
  if (short !== undefined) return { path: short, release: () => undefined };
  if (process.platform !== 'linux') {
    throw new CopysetError('request.invalid', `the path of the socket is longer than ${maxPathBytes} bytes: ${path}`);
  }
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  return { path: `/proc/self/fd/${directory}/${basename(path)}`, release: () => closeSync(directory) };
}
