/** Why: GET /bucket?uploads : open uploads, by the bytes of their keys, then by their ids. */
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
  query: ['encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker'],
  action: 's3:ListBucketMultipartUploads',
  body: 'none',
  async handle({ target, query, store, signal }) {
    const encode = nameEncoding(query);
    const limit = countField(query, 'max-uploads', { least: 1, most: 1000, otherwise: 1000 });
    const found = selectUploads(await store.listUploads(target.bucket, { signal }), query);
    const uploads = found.slice(0, limit);
    const last = found.length > limit ? uploads.at(-1) : undefined;
    return xmlReply('ListMultipartUploadsResult', {
      Bucket: target.bucket,
      Prefix: encode(query.get('prefix') ?? ''),
      KeyMarker: encode(query.get('key-marker') ?? ''),
      UploadIdMarker: query.get('upload-id-marker') ?? '',
      EncodingType: query.get('encoding-type'),
      NextKeyMarker: last && encode(last.key),
      NextUploadIdMarker: last?.id,
      MaxUploads: limit,
      IsTruncated: last !== undefined,
      Upload: uploads.map(({ id, key, startedAtMs }) => ({
        Key: encode(key),
        UploadId: id,
        Initiator: owner,
        Owner: owner,
        StorageClass: 'STANDARD',
        Initiated: isoTime(startedAtMs),
      })),
    });
  },
} as const satisfies Operation<BucketTarget>;

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
