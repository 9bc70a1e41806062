/** Why: operations whose body is no object read it whole, within a limit, and act only after it has verified. */
import { asBuffer, concatBytes, equalBytes, fromUtf8, totalBytes } from '../../base/bytes.ts';
import { startHash } from '../../base/hash.ts';
import { s3Error } from '../errors.ts';
import type { Payload } from './payload.ts';

/** The verified bytes of a small body. */
export async function readDocument(payload: Payload): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const slab of payload.slabs) {
    pieces.push(new Uint8Array(slab.bytes));
    slab.release();
  }
  await payload.seal();
  if (payload.md5 !== undefined) verifyMd5(pieces, payload.md5);
  return pieces;
}

/** The same as text. */
export async function readText(payload: Payload): Promise<string> {
  const text = fromUtf8(concatBytes(...(await readDocument(payload))));
  if (text === undefined) throw s3Error('InvalidRequest', 'The document is not valid UTF-8');
  return text;
}

/** For operations without a body: one that has bytes is refused, for they would mean something to its sender. */
export async function expectEmpty(payload: Payload): Promise<void> {
  if (payload.isNone) return;
  const pieces = await readDocument(payload);
  if (totalBytes(pieces) > 0) throw s3Error('InvalidRequest', 'This operation takes no body');
}

function verifyMd5(pieces: readonly Uint8Array[], promised: Uint8Array): void {
  const hash = startHash('md5');
  for (const piece of pieces) hash.update(piece);
  if (!equalBytes(asBuffer(hash.digest()), promised))
    throw s3Error('BadDigest', 'The Content-MD5 does not match the body');
}
