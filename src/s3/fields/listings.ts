/** Why: an entry of a listing looks the same in every listing of objects. */
import type { ListedObject } from '../../object/store.ts';
import { isoTime } from '../time.ts';
import type { XmlFields } from '../xml/writer.ts';
import { uploadChecksumElements } from './checksums.ts';
import { quoteEtag } from './object-headers.ts';

/** Of one object, behind its key. */
export function objectElements({ modifiedAtMs, etag, checksum, bytes }: Omit<ListedObject, 'metadata'>): XmlFields {
  return {
    LastModified: isoTime(modifiedAtMs),
    ETag: quoteEtag(etag),
    ...uploadChecksumElements(checksum),
    Size: bytes,
    StorageClass: 'STANDARD',
  };
}

export function prefixElements(prefixes: readonly string[], encode: (name: string) => string): XmlFields {
  return { CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })) };
}
