/**
 * Why: GET /bucket?uploads : open uploads, by the bytes of their keys, then by their ids; with a delimiter, keys that
 * share what goes before it count as one. Source: ListMultipartUploads, Amazon S3 API reference.
 */
import { compareBytes, utf8 } from '../../../base/bytes.ts';
import type { UploadInfo } from '../../../object/store.ts';
import { owner } from '../../fields/owner.ts';
import { countField, nameEncoding } from '../../fields/query-fields.ts';
import type { Call, Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { isoTime } from '../../time.ts';

export const listMultipartUploads = {
  name: 'ListMultipartUploads',
  level: 'bucket',
  method: 'GET',
  when: { query: { uploads: true } },
  query: ['delimiter', 'encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'],
  action: 's3:ListBucketMultipartUploads',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const encode = nameEncoding(query);
    const limit = countField(query, 'max-uploads', { least: 1, most: 1000, otherwise: 1000 });
    const found = rollUp(selectUploads(await store.listUploads(target.bucket, { signal }), query), query);
    const listed = found.slice(0, limit);
    const last = found.length > limit ? listed.at(-1) : undefined;
    return xmlReply('ListMultipartUploadsResult', {
      Bucket: target.bucket,
      Prefix: encode(query.get('prefix') ?? ''),
      Delimiter: query.get('delimiter') ? encode(query.get('delimiter') ?? '') : undefined,
      KeyMarker: encode(query.get('key-marker') ?? ''),
      UploadIdMarker: query.get('upload-id-marker') ?? '',
      EncodingType: query.get('encoding-type'),
      NextKeyMarker: last && encode('upload' in last ? last.upload.key : last.commonPrefix),
      NextUploadIdMarker: last && 'upload' in last ? last.upload.id : undefined,
      MaxUploads: limit,
      IsTruncated: last !== undefined,
      Upload: listed.flatMap((entry) => ('upload' in entry ? [uploadElement(entry.upload, encode)] : [])),
      CommonPrefixes: listed.flatMap((entry) => ('upload' in entry ? [] : [{ Prefix: encode(entry.commonPrefix) }])),
    });
  },
} as const satisfies Operation<BucketTarget>;

type Entry = { readonly upload: UploadInfo } | { readonly commonPrefix: string };

function uploadElement({ id, key, startedAtMs }: UploadInfo, encode: (name: string) => string) {
  return {
    Key: encode(key),
    UploadId: id,
    Initiator: owner,
    Owner: owner,
    StorageClass: 'STANDARD',
    Initiated: isoTime(startedAtMs),
  };
}

/** Uploads whose keys go on behind the delimiter give way to one common prefix, unless the marker names it. */
function rollUp(uploads: readonly UploadInfo[], query: Call['query']): readonly Entry[] {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const entries: Entry[] = [];
  let latest = query.get('key-marker');
  for (const upload of uploads) {
    const at = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const commonPrefix = at < 0 ? undefined : upload.key.slice(0, at + delimiter.length);
    if (commonPrefix === undefined) entries.push({ upload });
    else if (commonPrefix !== latest) entries.push({ commonPrefix });
    latest = commonPrefix ?? latest;
  }
  return entries;
}

/** Those under the prefix and behind the markers, in order. */
function selectUploads(uploads: readonly UploadInfo[], query: Call['query']): readonly UploadInfo[] {
  const prefix = query.get('prefix') ?? '';
  const marker = position(query.get('key-marker') ?? '', query.get('upload-id-marker'));
  return uploads
    .filter(({ key, id }) => key.startsWith(prefix) && compareBytes(position(key, id), marker) > 0)
    .toSorted((left, right) => compareBytes(position(left.key, left.id), position(right.key, right.id)));
}

/** Key, NUL (which no key holds), id; without an id behind all uploads of the key. */
function position(key: string, id: string | undefined): Uint8Array {
  if (key === '') return new Uint8Array(0);
  return utf8(`${key}\0${id ?? '\uffff'}`);
}
