/**
 * Why: the segment itself is the truth about what lies in it. A scan finds every whole frame, also behind damage, which
 * it passes in steps of the alignment; what it finds damaged or torn is not there.
 */
import { decodeAddress } from '../../base/block-address.ts';
import { alignUp } from '../../base/bytes.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { DiskFile } from '../../disk/disk.ts';
import { findDamage } from '../stored-form.ts';
import { alignBytes, decodeFrameHeader, type Frame, frameBytesOf, frameHeaderBytes, frameMagic } from './frame.ts';
import { RecordList } from './record.ts';

export type ScanTarget = {
  readonly segment: number;
  readonly seed: number;
  readonly volumeId: VolumeId;
  /** Of the file. */
  readonly segmentBytes: number;
  /** What is known already, and where it ends. */
  readonly known: { readonly records: Buffer; readonly end: number };
};

export type Scan = {
  /** Those known, then those found. */
  readonly records: RecordList;
  /** Behind the last whole frame; what follows is a torn tail, if this is the segment that was written last. */
  readonly end: number;
};

export async function scanSegment(file: DiskFile, target: ScanTarget): Promise<Scan> {
  const window = new Window(file, target.segmentBytes);
  const records = new RecordList(target.known.records);
  let { end } = target.known;
  for (let position = end; position + frameHeaderBytes <= target.segmentBytes; ) {
    const header = window.loaded(position, frameHeaderBytes) ?? (await window.load(position, frameHeaderBytes));
    const frame = decodeFrameHeader(header, { ...target, position });
    if (frame === undefined) {
      position = window.nextCandidate(position + alignBytes);
      continue;
    }
    const next = position + frameBytesOf(frame);
    if (next > target.segmentBytes) break;
    if (await isWhole(frame, window, target.volumeId)) {
      records.add(frame);
      end = next;
    }
    position = next;
  }
  return { records, end };
}

async function isWhole(frame: Frame, window: Window, volumeId: VolumeId): Promise<boolean> {
  if (frame.kind === 'tombstone') return true;
  const from = frame.position + frameHeaderBytes;
  const stored = window.loaded(from, frame.storedBytes) ?? (await window.load(from, frame.storedBytes));
  return findDamage(stored, { address: decodeAddress(frame.address), volumeId }) === undefined;
}

const windowBytes = 4 * 1024 * 1024;

/** Few large reads instead of many small ones. */
class Window {
  readonly #file: DiskFile;
  readonly #fileBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #position = 0;

  constructor(file: DiskFile, fileBytes: number) {
    this.#file = file;
    this.#fileBytes = fileBytes;
  }

  /** A view, until the next `load`; undefined when these bytes are not loaded. */
  loaded(position: number, length: number): Buffer | undefined {
    const from = position - this.#position;
    if (from < 0 || from + length > this.#bytes.byteLength) return undefined;
    return this.#bytes.subarray(from, from + length);
  }

  /** The first place from `position` on where a frame may begin, as far as is loaded; else one that is not. */
  nextCandidate(position: number): number {
    for (let at = position - this.#position; ; at++) {
      at = this.#bytes.indexOf(frameMagic, at);
      if (at < 0) break;
      if ((this.#position + at) % alignBytes === 0) return this.#position + at;
    }
    const unseen = this.#position + this.#bytes.byteLength - frameMagic.byteLength + 1;
    return Math.max(position, alignUp(unseen, alignBytes));
  }

  async load(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(Math.min(Math.max(length, windowBytes), this.#fileBytes - position));
    const read = await this.#file.read(bytes, position);
    this.#bytes = bytes.subarray(0, read);
    this.#position = position;
    return this.#bytes.subarray(0, length);
  }
}
