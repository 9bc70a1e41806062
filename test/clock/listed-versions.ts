/** Why: what a bucket shows of its versions is read as a client would, page by page, in the order in which it comes. */
import type { S3Client } from '../support/client.ts';

export type ListedVersion = {
  readonly key: string;
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
};

const pageSize = 300;

export async function listVersions(client: S3Client, bucket: string): Promise<ListedVersion[]> {
  const listed: ListedVersion[] = [];
  for (let from = ''; ; ) {
    const { status, body } = await client.ask({ method: 'GET', target: `/${bucket}?${queryFrom(from)}` });
    const text = body.toString();
    if (status !== 200) throw new Error(`the versions cannot be listed: ${text}`);
    for (const [, kind, entry = ''] of text.matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs)) {
      listed.push(versionIn(entry, kind === 'DeleteMarker'));
    }
    if (textIn(text, 'IsTruncated') !== 'true') return listed;
    from = `${textIn(text, 'NextKeyMarker')} ${textIn(text, 'NextVersionIdMarker')}`;
  }
}

function queryFrom(from: string): string {
  const [key = '', id = ''] = from.split(' ').map(encodeURIComponent);
  return key === ''
    ? `max-keys=${pageSize}&versions=`
    : `key-marker=${key}&max-keys=${pageSize}&version-id-marker=${id}&versions=`;
}

function versionIn(entry: string, isDeleteMarker: boolean): ListedVersion {
  const isLatest = textIn(entry, 'IsLatest') === 'true';
  return { key: textIn(entry, 'Key'), versionId: textIn(entry, 'VersionId'), isLatest, isDeleteMarker };
}

function textIn(xml: string, name: string): string {
  return new RegExp(`<${name}>(.*?)</${name}>`).exec(xml)?.[1] ?? '';
}
