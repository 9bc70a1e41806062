/**
 * Why: tags come as a query in a header or as XML, and both are held to the same rules
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html).
 */
import { fromUtf8 } from '../../base/bytes.ts';
import type { Tags } from '../../object/store.ts';
import { queryPairs } from '../../sigv4/canonical.ts';
import { decodeQueryText } from '../../sigv4/uri.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import type { Demand } from '../operation.ts';
import type { XmlElement } from '../xml/reader.ts';
import { readXml } from '../xml/reader.ts';
import type { XmlFields } from '../xml/writer.ts';

export const maxObjectTags = 10;
export const maxBucketTags = 50;

/** S3 counts characters as UTF-16 does. */
const maxKeyCharacters = 128;
const maxValueCharacters = 256;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

type Pair = readonly [key: string, value: string];

/** The tags of `x-amz-tagging`: `a=1&b=2`, percent-encoded. Undefined where there is no such header. */
export function headerTags(headers: HeaderFields): Tags | undefined {
  const header = headers.get('x-amz-tagging');
  if (header === undefined) return undefined;
  const pairs = queryPairs(header).map(({ name, value }): Pair => [tagText(name), tagText(value)]);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw badHeader();
  return checkedTags(pairs, maxObjectTags);
}

function tagText(raw: string): string {
  const bytes = decodeQueryText(raw);
  const text = bytes === undefined ? undefined : fromUtf8(bytes);
  if (text === undefined) throw badHeader();
  return text;
}

function badHeader() {
  return s3Error('InvalidArgument', 'x-amz-tagging must be a percent-encoded query in UTF-8 that names each tag once');
}

/** The tags of a `<Tagging>` document. */
export function documentTags(pieces: readonly Uint8Array[], most: number): Tags {
  const document = readXml(pieces, 'Tagging');
  document.expectOnly('TagSet');
  const sets = document.all('TagSet');
  const [set] = sets;
  if (set === undefined || sets.length > 1) throw s3Error('MalformedXML', '<Tagging> must hold one <TagSet>');
  set.expectOnly('Tag');
  return checkedTags(set.all('Tag').map(tagPair), most);
}

function tagPair(tag: XmlElement): Pair {
  tag.expectOnly('Key', 'Value');
  const [key, value] = [tag.textOf('Key'), tag.textOf('Value')];
  if (key === undefined || value === undefined)
    throw s3Error('MalformedXML', 'A <Tag> must hold a <Key> and a <Value>');
  return [key, value];
}

function checkedTags(pairs: readonly Pair[], most: number): Tags {
  if (pairs.length > most) throw s3Error('BadRequest', `There may be ${most} tags at most, not ${pairs.length}`);
  for (const pair of pairs) checkTag(pair);
  if (new Set(pairs.map(([key]) => key)).size < pairs.length) {
    throw s3Error('InvalidTag', 'Two tags have the same key');
  }
  return Object.fromEntries(pairs);
}

function checkTag([key, value]: Pair): void {
  if (key.length === 0 || key.length > maxKeyCharacters || !allowed.test(key)) {
    throw s3Error('InvalidTag', 'The TagKey you have provided is invalid');
  }
  if (value.length > maxValueCharacters || !allowed.test(value)) {
    throw s3Error('InvalidTag', 'The TagValue you have provided is invalid');
  }
  if (key.startsWith('aws:')) throw s3Error('InvalidTag', 'Keys of tags that begin with aws: are reserved');
}

export function tagElements(tags: Tags): XmlFields {
  return { TagSet: { Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } };
}

/** To store with tags is to tag as well. */
export function tagDemands(headers: HeaderFields): readonly Demand[] {
  return headers.has('x-amz-tagging') ? [{ action: 's3:PutObjectTagging' }] : [];
}
