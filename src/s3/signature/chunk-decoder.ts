/**
 * Why: aws-chunked framing, as a state machine without input or output: bytes go in, events come out, and how the bytes
 * were cut on their way changes nothing. A signed chunk is handed out only when its signature has verified; until then
 * its pieces are held, so its size is bounded and announced first.
 *
 *   head -> data -> data-end -> head ... -> (size 0) trailers -> done
 */
import type { Hash } from 'node:crypto';
import { startHash } from '../../base/hash.ts';
import { s3Error } from '../errors.ts';
import type { ChunkSignatures } from './chunk-signatures.ts';
import { TrailerSection } from './trailers.ts';

export type ChunkEvent =
  /** So many bytes will be held until they verify. */
  { readonly kind: 'hold'; readonly bytes: number } | { readonly kind: 'data'; readonly pieces: readonly Uint8Array[] };

export type ChunkDecoderOptions = {
  /** Undefined for the unsigned form. */
  readonly signatures: ChunkSignatures | undefined;
  /** Lower-case names that x-amz-trailer announced. */
  readonly trailers: readonly string[];
  /** x-amz-decoded-content-length. */
  readonly decodedBytes: number;
  /** Of one signed chunk. */
  readonly maxHeldBytes: number;
};

type State = 'head' | 'data' | 'data-end' | 'trailers' | 'done';
type ChunkHead = { readonly bytes: number; readonly signature: string };

const maxLineBytes = 1024;

export class ChunkDecoder {
  readonly #options: ChunkDecoderOptions;
  readonly #trailers: TrailerSection;
  #state: State = 'head';
  #line = '';
  #leftInChunk = 0;
  #leftInBody: number;
  #signature = '';
  #hash: Hash = startHash('sha256');
  #held: Uint8Array[] = [];

  constructor(options: ChunkDecoderOptions) {
    this.#options = options;
    this.#leftInBody = options.decodedBytes;
    this.#trailers = new TrailerSection(options.trailers, options.signatures);
  }

  /** Takes all of `bytes`; the caller draws every event. The pieces of a data event are views of what was pushed. */
  *push(bytes: Uint8Array): Generator<ChunkEvent> {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#leftInChunk);
        at += piece.byteLength;
        yield* this.#data(piece);
      } else {
        const byte = bytes[at++] as number;
        if (this.#endsLine(byte)) yield* this.#takeLine();
      }
    }
  }

  /** Whether nothing of what was pushed is kept for a later event. */
  get holdsNothing(): boolean {
    return this.#held.length === 0;
  }

  /** The trailers; throws when the body ended too early. */
  finish(): ReadonlyMap<string, string> {
    if (this.#state !== 'done') throw s3Error('IncompleteBody', 'The body ended in the middle of its chunks');
    return this.#trailers.values;
  }

  #endsLine(byte: number): boolean {
    if (this.#state === 'done') throw malformed('bytes follow its end');
    this.#line += String.fromCharCode(byte);
    if (this.#line.length > maxLineBytes) throw malformed('a line of it is too long');
    return this.#line.endsWith('\r\n');
  }

  *#takeLine(): Generator<ChunkEvent> {
    const line = this.#line.slice(0, -2);
    this.#line = '';
    if (this.#state === 'head')
      return yield* this.#startChunk(parseChunkHead(line, this.#options.signatures !== undefined));
    if (this.#state === 'trailers') return this.#takeTrailer(line);
    if (line !== '') throw malformed('a chunk is longer than its size');
    this.#state = 'head';
  }

  *#startChunk(head: ChunkHead): Generator<ChunkEvent> {
    if (head.bytes > this.#leftInBody) throw malformed('it holds more than x-amz-decoded-content-length');
    this.#leftInBody -= head.bytes;
    this.#leftInChunk = head.bytes;
    this.#signature = head.signature;
    if (head.bytes === 0) return this.#lastChunk();
    this.#state = 'data';
    if (this.#options.signatures === undefined) return;
    if (head.bytes > this.#options.maxHeldBytes) {
      throw s3Error('EntityTooLarge', `A signed chunk may hold ${this.#options.maxHeldBytes} bytes at most`);
    }
    yield { kind: 'hold', bytes: head.bytes };
  }

  #lastChunk(): void {
    if (this.#leftInBody > 0) throw s3Error('IncompleteBody', 'The chunks hold less than x-amz-decoded-content-length');
    this.#options.signatures?.chunk(startHash('sha256').digest(), this.#signature);
    this.#state = 'trailers';
  }

  *#data(piece: Uint8Array): Generator<ChunkEvent> {
    this.#leftInChunk -= piece.byteLength;
    if (this.#leftInChunk === 0) this.#state = 'data-end';
    if (this.#options.signatures === undefined) return yield { kind: 'data', pieces: [piece] };
    this.#hash.update(piece);
    this.#held.push(piece);
    if (this.#leftInChunk === 0) yield this.#release(this.#options.signatures);
  }

  #release(signatures: ChunkSignatures): ChunkEvent {
    signatures.chunk(this.#hash.digest(), this.#signature);
    const pieces = this.#held;
    this.#held = [];
    this.#hash = startHash('sha256');
    return { kind: 'data', pieces };
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      this.#trailers.verify();
      this.#state = 'done';
    } else this.#trailers.take(line);
  }
}

function parseChunkHead(line: string, signed: boolean): ChunkHead {
  const pattern = signed ? /^([0-9a-fA-F]{1,12});chunk-signature=([0-9a-f]{64})$/ : /^([0-9a-fA-F]{1,12})$/;
  const match = pattern.exec(line);
  if (match === null) throw malformed(`a chunk must begin with its size${signed ? ' and signature' : ''}`);
  return { bytes: Number.parseInt(match[1] as string, 16), signature: match[2] ?? '' };
}

function malformed(why: string) {
  return s3Error('InvalidRequest', `The aws-chunked body is malformed: ${why}`);
}
