/**
 * Why: a disk takes memory past the page cache only where it begins at a page, so bytes that lie in their page as they
 * will lie in their file need not be copied to be written.
 */
import { libc, pageBytes } from './libc.ts';

/**
 * Where in a page the first byte of a block lies best: behind what a volume writes in front of it
 * (volume/file/frame.ts).
 */
export const blockLeadBytes = 192;

/** So many bytes, not zeroed, from the beginning of a page on where that can be told. */
export function pageMemory(bytes: number): Uint8Array<ArrayBuffer> {
  if (libc === undefined) return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
  const { buffer } = Buffer.allocUnsafeSlow(bytes + pageBytes);
  const place = placeInPage(new Uint8Array(buffer)) ?? 0;
  return new Uint8Array(buffer, (pageBytes - place) % pageBytes, bytes);
}

/** Bytes from the beginning of a page to the first byte; undefined where that cannot be told. */
export function placeInPage(bytes: Uint8Array): number | undefined {
  if (libc === undefined || !(bytes.buffer instanceof ArrayBuffer)) return undefined;
  return libc.addressOf(bytes) % pageBytes;
}
