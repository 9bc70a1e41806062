/**
 * Why: a file appears under its name when every byte of it is there, verified and durable; what was interrupted goes on
 * from the part file, as long as the object is the same.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Permit } from '../../base/async/semaphore.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { S3ObjectInfo, S3Path } from '../../s3-client/client.ts';
import { digestField, type Outcome, type TransferContext } from './transfer.ts';

const pieceBytes = 8 * 2 ** 20;
const maxNameBytes = 255;

/** The directory of `target` exists. */
export async function downloadObject(source: S3Path, target: string, context: TransferContext): Promise<Outcome> {
  const info = await context.client.head(source);
  const partial = partPath(target, info);
  try {
    const resumedBytes = await fill(partial, { source, info }, context);
    await rename(partial, target);
    await syncDirectory(dirname(target));
    return { bytes: info.bytes, resumedBytes, etag: info.etag };
  } catch (error) {
    throw fileFailure(error, target);
  }
}

/** What the file system refused is told by the path that somebody named. */
function fileFailure(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || isCopysetError(error) || !('errno' in error)) return error;
  const code = 'code' in error && error.code === 'ENOSPC' ? 'disk.full' : 'request.invalid';
  return new CopysetError(code, `cannot write ${path}: ${error.message}`, { cause: error });
}

/** Named for the object's version: an object that was replaced begins anew. */
function partPath(target: string, { etag, bytes }: S3ObjectInfo): string {
  const version = createHash('sha256').update(`${etag} ${bytes}`).digest('hex').slice(0, 16);
  const ending = `.${version}.part`;
  let name = basename(target);
  while (Buffer.byteLength(name + ending) > maxNameBytes) name = name.slice(0, -1);
  return join(dirname(target), name + ending);
}

type Wanted = { readonly source: S3Path; readonly info: S3ObjectInfo };

/** Resolves with the bytes that were there before, when the file is whole and durable. */
async function fill(path: string, wanted: Wanted, context: TransferContext): Promise<number> {
  const { info } = wanted;
  await using file = await open(path, 'a');
  const { size } = await file.stat();
  const there = size <= info.bytes ? size : 0;
  if (there !== size) await file.truncate(0);
  const hash = createHash('sha256');
  if (there > 0) for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  context.onBytes(there);
  await append(file, { ...wanted, from: there, hash }, context);
  const expected = info.headers.metadata?.[digestField];
  if (expected !== undefined && hash.digest('hex') !== expected) {
    await rm(path);
    throw new CopysetError(
      'request.digest_mismatch',
      `the bytes of ${wanted.source.bucket}/${wanted.source.key} are not those that were put`,
    );
  }
  const { size: written } = await file.stat();
  if (written !== info.bytes) throw new CopysetError('conflict', `somebody else writes ${path} too`);
  await file.sync();
  return there;
}

type Rest = Wanted & { readonly from: number; readonly hash: Hash };
type Piece = { readonly bytes: Uint8Array; readonly permit: Permit };

/** Several pieces are on their way, each is written in its turn. */
async function append(file: FileHandle, { source, info, from, hash }: Rest, context: TransferContext): Promise<void> {
  const { client, pieces, onBytes } = context;
  const failed = new AbortController();
  const fetchPiece = async (at: number): Promise<Piece> => {
    const permit = await pieces.acquire(1, failed);
    const range = { from: at, to: Math.min(info.bytes, at + pieceBytes) };
    try {
      const wanted = { range, ifMatch: info.etag, maxBytes: pieceBytes, signal: failed.signal };
      return { bytes: await client.getBytes(source, wanted), permit };
    } catch (error) {
      permit.release();
      throw error;
    }
  };
  const writePiece = async (piece: Promise<Piece>) => {
    const { bytes, permit } = await piece;
    using _ = permit;
    await file.appendFile(bytes);
    hash.update(bytes);
    onBytes(bytes.byteLength);
  };
  const ahead: Promise<Piece>[] = [];
  try {
    for (let at = from; at < info.bytes; at += pieceBytes) {
      const piece = fetchPiece(at);
      piece.catch(() => undefined); // told when its turn comes
      ahead.push(piece);
      if (ahead.length >= pieces.capacity) await writePiece(ahead.shift() as Promise<Piece>);
    }
    while (ahead.length > 0) await writePiece(ahead.shift() as Promise<Piece>);
  } finally {
    failed.abort();
    for (const left of await Promise.allSettled(ahead)) if (left.status === 'fulfilled') left.value.permit.release();
  }
}

/** The name is durable too. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path);
  await directory.sync();
}
