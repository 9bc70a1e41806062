/** Why: an entry of a listing looks the same in every listing of objects. */
import type { ListedObject } from '../../object/store.ts';
import type { XmlFields } from '../xml/writer.ts';
import { uploadChecksumElements } from './checksums.ts';
import { quoteEtag } from './object-headers.ts';

type Shown = Omit<ListedObject, 'metadata'>;

/** Of one object, behind its key. `time`: of the listing. */
export function objectElements(
  { modifiedAtMs, etag, checksum, bytes }: Shown,
  time: (atMs: number) => string,
): XmlFields {
  return {
    LastModified: time(modifiedAtMs),
    ETag: quoteEtag(etag),
    ...uploadChecksumElements(checksum),
    Size: bytes,
    StorageClass: 'STANDARD',
  };
}

export function prefixElements(prefixes: readonly string[], encode: (name: string) => string): XmlFields {
  return { CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })) };
}
