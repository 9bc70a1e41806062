/**
 * Why: what is known of bytes from the bytes alone. ETags are MD5s up to 64 KiB and opaque above, as
 * docs/design/etags.md has it; S3 leaves that open (API_Object.html, ETag). A checksum is told where one was sent.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Made } from '../answer.ts';
import type { Checksum, Content, Etag, Part } from './state.ts';

const md5LimitBytes = 64 * 1024;

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function contentOf(bytes: Uint8Array, hasChecksum: boolean): Content {
  const checksum: Checksum | undefined = hasChecksum ? { text: crc32Text(bytes), type: 'FULL_OBJECT' } : undefined;
  return { bytes, etag: etagOf(bytes), checksum, partBytes: [] };
}

export function crc32Text(bytes: Uint8Array): string {
  return crc32Bytes(bytes).toString('base64');
}

function crc32Bytes(bytes: Uint8Array): Buffer {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(bytes));
  return digest;
}

function etagOf(bytes: Uint8Array): Etag {
  if (bytes.byteLength <= md5LimitBytes) return createHash('md5').update(bytes).digest('hex');
  return new Made(`ETag of the bytes ${digestOf(bytes).slice(0, 8)}`, /^[0-9a-f]{32}-1$/);
}

/** A checksum of checksums where the upload announced one and each part has it (checking-object-integrity.html). */
export function joined(parts: readonly Part[], hasChecksum: boolean): Content {
  const etags = parts.map(({ content: { etag } }) => (typeof etag === 'string' ? etag : etag.name));
  const sums = parts.map(({ content: { checksum } }) => checksum?.text);
  const isComplete = hasChecksum && sums.every((text) => text !== undefined);
  const composite = () => crc32Text(Buffer.concat(sums.map((text) => Buffer.from(text ?? '', 'base64'))));
  return {
    bytes: Buffer.concat(parts.map(({ content }) => content.bytes)),
    etag: new Made(`ETag of [${etags.join(', ')}]`, new RegExp(`^[0-9a-f]{32}-${parts.length}$`)),
    checksum: isComplete ? { text: `${composite()}-${parts.length}`, type: 'COMPOSITE' } : undefined,
    partBytes: parts.map(({ content }) => content.bytes.byteLength),
  };
}
