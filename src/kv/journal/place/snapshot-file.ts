/**
 * Why: snapshots bound the replay and let a journal be copied anew; they are streamed, and believed only when whole.
 */
import type { CallOptions } from '../../../base/async/abort.ts';
import { equalBytes } from '../../../base/bytes.ts';
import { CopysetError } from '../../../base/errors.ts';
import { crc32c, startHash } from '../../../base/hash.ts';
import type { Disk } from '../../../disk/disk.ts';
import type { Entry } from '../../kv.ts';
import type { KvSnapshot } from '../../staging.ts';
import {
  chunkHeadBytes,
  chunkKinds,
  decodeChunkHead,
  decodeEnd,
  decodeEntries,
  decodeSnapshotHeader,
  encodeChunk,
  encodeEnd,
  encodeEntries,
  encodeSnapshotHeader,
  endChunkBytes,
  type SnapshotHeader,
} from '../format/snapshot-chunk.ts';
import { ByteWindow } from './byte-window.ts';
import type { ReadableDisk } from './journal-place.ts';
import { snapshotName } from './names.ts';
import { type FileAppender, writeWhole } from './write-whole.ts';

/** Resolves with its bytes when the snapshot is durable under its name. */
export async function writeSnapshot(
  disk: Disk,
  header: SnapshotHeader,
  batches: AsyncIterable<readonly Entry[]>,
): Promise<number> {
  let bytes = 0;
  const file = await writeWhole(disk, snapshotName(header.point.sequence), async (appender) => {
    await writeChunks(appender, header, batches);
    bytes = appender.bytes;
  });
  await file.close();
  return bytes;
}

async function writeChunks(
  appender: FileAppender,
  header: SnapshotHeader,
  batches: AsyncIterable<readonly Entry[]>,
): Promise<void> {
  const hash = startHash('sha256');
  let entries = 0;
  const write = async (kind: number, payload: Uint8Array) => {
    const pieces = encodeChunk(kind, payload);
    for (const piece of pieces) hash.update(piece);
    await appender.append(pieces);
  };
  await write(chunkKinds.header, encodeSnapshotHeader(header));
  for await (const batch of batches) {
    entries += batch.length;
    await write(chunkKinds.entries, encodeEntries(batch));
  }
  await appender.append(encodeChunk(chunkKinds.end, encodeEnd({ entries, hash: hash.digest() })));
}

/** Of a snapshot that begins and ends well, which costs two reads; what lies between is proven by reading it. */
export async function readSnapshotHeader(
  disk: ReadableDisk,
  name: string,
  options: CallOptions = {},
): Promise<SnapshotHeader | undefined> {
  const file = await disk.open(name, 'read', options);
  try {
    const window = new ByteWindow(file, await file.size(options), options);
    const first = await chunkAt(window, 0);
    const last = await chunkAt(window, Math.max(window.fileBytes - endChunkBytes, 0));
    if (first?.kind !== chunkKinds.header || last?.kind !== chunkKinds.end) return undefined;
    return decodeSnapshotHeader(first.payload);
  } finally {
    await file.close();
  }
}

/**
 * The snapshot for a store to restore. Its batches reject with `format.damaged` as soon as something does not match.
 */
export function readSnapshot(disk: ReadableDisk, header: SnapshotHeader, options: CallOptions = {}): KvSnapshot {
  const name = snapshotName(header.point.sequence);
  return { status: header.status, batches: { [Symbol.asyncIterator]: () => batchesOf(disk, name, options) } };
}

async function* batchesOf(disk: ReadableDisk, name: string, options: CallOptions): AsyncGenerator<readonly Entry[]> {
  const file = await disk.open(name, 'read', options);
  try {
    yield* provenBatches(new ByteWindow(file, await file.size(options), options), `${disk.root}/${name}`);
  } finally {
    await file.close();
  }
}

async function* provenBatches(window: ByteWindow, path: string): AsyncGenerator<readonly Entry[]> {
  const hash = startHash('sha256');
  let entries = 0;
  for (let position = 0; ; ) {
    const chunk = await chunkAt(window, position);
    if (chunk === undefined) throw new CopysetError('format.damaged', `${path} is damaged at ${position}`);
    if (chunk.kind === chunkKinds.end) {
      const end = decodeEnd(chunk.payload);
      if (end.entries === entries && equalBytes(end.hash, hash.digest())) return;
      throw new CopysetError('format.damaged', `${path} does not hold what its end says`);
    }
    for (const piece of chunk.pieces) hash.update(piece);
    position += chunkHeadBytes + chunk.payload.byteLength;
    if (chunk.kind !== chunkKinds.entries) continue;
    const batch = decodeEntries(chunk.payload);
    entries += batch.length;
    yield batch;
  }
}

type Chunk = { readonly kind: number; readonly payload: Uint8Array; readonly pieces: readonly Uint8Array[] };

async function chunkAt(window: ByteWindow, position: number): Promise<Chunk | undefined> {
  const headBytes = await window.at(position, chunkHeadBytes);
  const head = decodeChunkHead(headBytes);
  if (head === undefined) return undefined;
  const payload = await window.at(position + chunkHeadBytes, head.payloadBytes);
  if (payload.byteLength < head.payloadBytes || crc32c(payload) !== head.payloadCrc) return undefined;
  return { kind: head.kind, payload, pieces: [headBytes, payload] };
}
