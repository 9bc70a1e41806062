/** Why: what a test wrote is made again from a seed to compare it, so that nothing has to be kept. */
import { createCipheriv } from 'node:crypto';

export type Content = { readonly seed: number; readonly bytes: number };

/** Bytes that differ for every seed, as fast as a cipher makes them. */
export function bytesOf({ seed, bytes }: Content): Buffer {
  const start = Buffer.alloc(16);
  start.writeUIntLE(seed, 0, 6);
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 'copyset'), start).update(Buffer.alloc(bytes));
}
