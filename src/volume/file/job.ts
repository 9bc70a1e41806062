/**
 * Why: what waits to be appended, and how it looks in a segment, is one thing to say; when and how safely is the log's.
 */
import { type BlockAddress, encodeAddress } from '../../base/block-address.ts';
import { concatBytes, totalBytes } from '../../base/bytes.ts';
import type { VolumeId } from '../../base/ids.ts';
import { type SealedBlock, storedBytesOf, toStoredForm } from '../stored-form.ts';
import { encodeFrameHeader, type Frame, frameBytesOf, frameHeaderBytes } from './frame.ts';

/** `move`: of a frame that a compaction found needed, with its stored form (nothing for a tombstone). */
export type JobContent =
  | { readonly kind: 'put'; readonly block: SealedBlock }
  | { readonly kind: 'delete'; readonly address: BlockAddress }
  | { readonly kind: 'move'; readonly from: Frame; readonly stored: Uint8Array };

export type Job = {
  readonly content: JobContent;
  readonly frameBytes: number;
  readonly done: PromiseWithResolvers<void>;
};

export function newJob(content: JobContent): Job {
  return { content, frameBytes: frameBytesOf({ storedBytes: storedBytesIn(content) }), done: Promise.withResolvers() };
}

function storedBytesIn(content: JobContent): number {
  if (content.kind === 'put') return storedBytesOf(content.block.payloadBytes);
  return content.kind === 'move' ? content.from.storedBytes : 0;
}

export type FramePosition = Pick<Frame, 'segment' | 'position' | 'sequence' | 'writtenAtMs'>;

/** The frame of a job, if it is written there; a moved one stays as old as it was. */
export function frameOf({ content }: Job, at: FramePosition): Frame {
  const storedBytes = storedBytesIn(content);
  switch (content.kind) {
    case 'put':
      return { ...at, kind: 'put', address: encodeAddress(content.block.address), storedBytes };
    case 'delete':
      return { ...at, kind: 'tombstone', address: encodeAddress(content.address), storedBytes };
    case 'move':
      return { ...content.from, segment: at.segment, position: at.position };
  }
}

/** Frames up to this size are copied into one piece, which costs less than many small ones. */
const copiedBytes = 32 * 1024;

/** The bytes of the frame in pieces. */
export function framePieces({ content }: Job, frame: Frame, place: { seed: number; volumeId: VolumeId }): Uint8Array[] {
  const pieces = [encodeFrameHeader(frame, place.seed), ...storedPieces(content, place.volumeId)];
  pieces.push(new Uint8Array(frameBytesOf(frame) - frameHeaderBytes - frame.storedBytes));
  return totalBytes(pieces) <= copiedBytes ? [concatBytes(...pieces)] : pieces;
}

function storedPieces(content: JobContent, volumeId: VolumeId): readonly Uint8Array[] {
  if (content.kind === 'put') return toStoredForm(content.block, volumeId);
  return content.kind === 'move' ? [content.stored] : [];
}
