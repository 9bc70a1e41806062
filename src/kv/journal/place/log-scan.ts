/**
 * Why: a log file is read frame by frame, and on behind bytes that are no frame: whether something readable follows,
 * and what it says was synced, is what tells damage from a torn tail.
 */
import type { CallOptions } from '../../../base/async/abort.ts';
import { asBuffer } from '../../../base/bytes.ts';
import { crc32c } from '../../../base/hash.ts';
import type { StoreId } from '../../../base/ids.ts';
import { decodeLogHeader, type LogHeader, maxLogHeaderBytes } from '../format/log-header.ts';
import {
  decodeBody,
  decodeFrameHead,
  type EncodedRecord,
  frameBytes,
  frameHeadBytes,
  frameMagicBytes,
} from '../format/record.ts';
import { ByteWindow } from './byte-window.ts';
import type { ReadableDisk } from './journal-place.ts';

export type Frame = {
  readonly record: EncodedRecord;
  /** The journal was synced up to this sequence when the frame was written. */
  readonly synced: number;
  readonly position: number;
  /** Bytes that are no frame lie before it. */
  readonly afterGap: boolean;
};

export type LogScan = {
  /** Undefined: damaged, or not of this program. */
  readonly header: LogHeader | undefined;
  readonly fileBytes: number;
  /** For one pass. */
  readonly frames: AsyncIterable<Frame>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens a log file to read it; dispose it (`await using`) to close it. */
export async function openLogScan(
  disk: ReadableDisk,
  file: { readonly name: string; readonly storeId: StoreId },
  options: CallOptions = {},
): Promise<LogScan> {
  const open = await disk.open(file.name, 'read', options);
  const close = () => open.close();
  try {
    const window = new ByteWindow(open, await open.size(options), options);
    const found = decodeLogHeader(await window.at(0, maxLogHeaderBytes));
    const frames = framesFrom(window, found?.bytes, file.storeId);
    return { header: found?.header, fileBytes: window.fileBytes, frames, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function* framesFrom(window: ByteWindow, start: number | undefined, storeId: StoreId): AsyncGenerator<Frame> {
  let position = start ?? (await nextMagic(window, 0));
  let afterGap = false;
  while (position < window.fileBytes) {
    const frame = await frameAt(window, position, storeId);
    if (frame === undefined) {
      position = await nextMagic(window, position + 1);
      afterGap = true;
      continue;
    }
    yield { ...frame, position, afterGap };
    position += frameBytes(frame.record);
    afterGap = false;
  }
}

async function frameAt(
  window: ByteWindow,
  position: number,
  storeId: StoreId,
): Promise<{ record: EncodedRecord; synced: number } | undefined> {
  const head = decodeFrameHead(await window.at(position, frameHeadBytes));
  if (head === undefined) return undefined;
  const body = await window.at(position + frameHeadBytes, head.bodyBytes);
  if (body.byteLength < head.bodyBytes || crc32c(body) !== head.bodyCrc) return undefined;
  const record = decodeBody(body, head.bodyCrc);
  return record?.storeId === storeId ? { record, synced: head.synced } : undefined;
}

/** Where the next frame may begin at or after `from`; the end of the file when nowhere. */
async function nextMagic(window: ByteWindow, from: number): Promise<number> {
  const step = 64 * 1024;
  for (let position = from; position < window.fileBytes; position += step) {
    const at = asBuffer(await window.at(position, step + frameMagicBytes.byteLength - 1)).indexOf(frameMagicBytes);
    if (at >= 0) return position + at;
  }
  return window.fileBytes;
}
