/**
 * Why: one record is what a commit group, a new term or a new set of journals is on disk. Its body is the same in all
 * journals and carries the hash of the record before it; the frame around it is the journal's own and says up to where
 * that journal was synced when the frame was written, which tells a torn tail from damage.
 */
import { asBuffer, equalBytes } from '../../../base/bytes.ts';
import { crc32c, digestBytes, sha256 } from '../../../base/hash.ts';
import type { StoreId } from '../../../base/ids.ts';
import type { Change, Revision } from '../../kv.ts';
import type { JournalSet } from '../core/journal-set.ts';
import type { Point, Term } from '../core/point.ts';
import { decodeChanges, encodeChanges } from './change-codec.ts';
import {
  formatVersion,
  readId,
  readSet,
  readUint64,
  refuseNewer,
  setBytes,
  writeId,
  writeSet,
  writeUint64,
} from './fields.ts';

/** What a record says. A batch without changes only says that what is before it is committed. */
export type Content =
  | { readonly kind: 'batch'; readonly changes: readonly Change[] }
  | { readonly kind: 'term' }
  | { readonly kind: 'set'; readonly set: JournalSet };

/** Frozen: on disk. */
const kinds = ['batch', 'term', 'set'] as const;
type Kind = (typeof kinds)[number];

export type RecordHead = {
  readonly storeId: StoreId;
  readonly kind: Kind;
  readonly point: Point;
  /** Revision and hash of the history before it. */
  readonly previousRevision: Revision;
  readonly previousHash: Uint8Array;
  /** The sequence up to which the log was known to be committed when it was written. */
  readonly committed: number;
};

/** A record as it goes to all journals. */
export type EncodedRecord = RecordHead & { readonly body: Uint8Array; readonly bodyCrc: number };

const frameMagic = 0x43534a52; // "CSJR"
export const frameMagicBytes = Uint8Array.of(0x43, 0x53, 0x4a, 0x52);
export const frameHeadBytes = 32;
const frameCrcAt = frameHeadBytes - 4;
const payloadAt = 96;
/** A head that asks for more was not written by this program. */
const maxBodyBytes = 256 * 1024 * 1024;

export type RecordInput = {
  readonly storeId: StoreId;
  readonly previous: Point;
  readonly term: Term;
  readonly committed: number;
  readonly content: Content;
};

/*
 * body: 0 kind 1 | 1 reserved 3 (zero) | 4 store id 8 | 12 sequence 8 | 20 term 8 | 28 nonce 8 | 36 committed 8 |
 * 44 revision before 8 | 52 revision after 8 | 60 hash of the record before 32 | 92 payload bytes 4 | 96 payload |
 * SHA-256 of all before 32
 */
export function encodeRecord({ storeId, previous, term, committed, content }: RecordInput): EncodedRecord {
  const payload = encodeContent(content);
  const changes = content.kind === 'batch' ? content.changes : [];
  const sequence = previous.sequence + 1;
  const revision = changes.at(-1)?.revision ?? previous.revision;
  const body = Buffer.alloc(payloadAt + payload.byteLength + digestBytes);
  body.writeUInt8(kinds.indexOf(content.kind), 0);
  writeId(body, 4, storeId);
  writeUint64(body, 12, sequence);
  writeUint64(body, 20, term.number);
  writeId(body, 28, term.nonce);
  writeUint64(body, 36, committed);
  writeUint64(body, 44, previous.revision);
  writeUint64(body, 52, revision);
  body.set(previous.hash, 60);
  body.writeUInt32LE(payload.byteLength, 92);
  body.set(payload, payloadAt);
  const hash = sha256(body.subarray(0, -digestBytes));
  body.set(hash, body.byteLength - digestBytes);
  const head = { kind: content.kind, storeId, committed, previousRevision: previous.revision };
  return {
    ...head,
    previousHash: previous.hash,
    point: { sequence, term, revision, hash },
    body,
    bodyCrc: crc32c(body),
  };
}

/** The record of a body whose checksum was right, or undefined when it is none. */
export function decodeBody(body: Uint8Array, bodyCrc: number): EncodedRecord | undefined {
  const view = asBuffer(body);
  const kind = kinds[view.readUInt8(0)];
  const hash = body.subarray(-digestBytes);
  const whole = payloadAt + view.readUInt32LE(92) + digestBytes === body.byteLength;
  if (kind === undefined || !whole || !equalBytes(hash, sha256(body.subarray(0, -digestBytes)))) return undefined;
  const term = { number: readUint64(body, 20), nonce: readId(body, 28) };
  return {
    storeId: readId(body, 4),
    kind,
    committed: readUint64(body, 36),
    previousRevision: readUint64(body, 44),
    previousHash: body.slice(60, 60 + digestBytes),
    point: { sequence: readUint64(body, 12), term, revision: readUint64(body, 52), hash: hash.slice() },
    body,
    bodyCrc,
  };
}

export function contentOf({ kind, body }: EncodedRecord): Content {
  const payload = body.subarray(payloadAt, -digestBytes);
  if (kind === 'batch') return { kind, changes: decodeChanges(payload) };
  return kind === 'set' ? { kind, set: readSet(payload, 0) } : { kind };
}

function encodeContent(content: Content): Uint8Array {
  if (content.kind === 'batch') return encodeChanges(content.changes);
  const bytes = new Uint8Array(content.kind === 'set' ? setBytes(content.set) : 0);
  if (content.kind === 'set') writeSet(bytes, 0, content.set);
  return bytes;
}

/**
 * 0 magic 4 | 4 version 2 | 6 reserved 2 | 8 body bytes 4 | 12 CRC32C of the body 4 | 16 synced 8 | 24 reserved 4 |
 * 28 CRC32C of 0..27
 */
export function frameRecord({ body, bodyCrc }: EncodedRecord, synced: number): Uint8Array[] {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32BE(frameMagic, 0);
  head.writeUInt16LE(formatVersion, 4);
  head.writeUInt32LE(body.byteLength, 8);
  head.writeUInt32LE(bodyCrc, 12);
  writeUint64(head, 16, synced);
  head.writeUInt32LE(crc32c(head.subarray(0, frameCrcAt)), frameCrcAt);
  return [head, body];
}

export type FrameHead = { readonly bodyBytes: number; readonly bodyCrc: number; readonly synced: number };

/**
 * Undefined when the bytes are no head of a frame; rejects with `format.unknown_version` when a newer program wrote
 * it.
 */
export function decodeFrameHead(bytes: Uint8Array): FrameHead | undefined {
  if (bytes.byteLength < frameHeadBytes) return undefined;
  const view = asBuffer(bytes);
  const crc = crc32c(bytes.subarray(0, frameCrcAt));
  if (view.readUInt32BE(0) !== frameMagic || view.readUInt32LE(frameCrcAt) !== crc) return undefined;
  refuseNewer(view.readUInt16LE(4), 'a record of the journal');
  const bodyBytes = view.readUInt32LE(8);
  if (bodyBytes < payloadAt + digestBytes || bodyBytes > maxBodyBytes) return undefined;
  return { bodyBytes, bodyCrc: view.readUInt32LE(12), synced: readUint64(bytes, 16) };
}

export function frameBytes({ body }: EncodedRecord): number {
  return frameHeadBytes + body.byteLength;
}
