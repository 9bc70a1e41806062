/**
 * Why: nobody is granted anything by lists of access control: the owner may do everything, and that is all that such a
 * list says here (docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html).
 */
import { totalBytes } from '../../base/bytes.ts';
import { readDocument } from '../body/document.ts';
import type { Payload } from '../body/payload.ts';
import { s3Error } from '../errors.ts';
import type { HeaderFields } from '../head.ts';
import { type Reply, xmlReply } from '../reply.ts';
import { readXml, type XmlElement } from '../xml/reader.ts';
import { owner } from './owner.ts';

const canonicalUser = {
  '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
  '@xsi:type': 'CanonicalUser',
} as const;

export function aclReply(): Reply {
  const grant = { Grantee: { ...canonicalUser, ...owner }, Permission: 'FULL_CONTROL' };
  return xmlReply('AccessControlPolicy', { Owner: owner, AccessControlList: { Grant: grant } });
}

/** Takes the list that is there anyway, as `x-amz-acl: private` or as a document, and refuses every other one. */
export async function expectPrivate(headers: HeaderFields, body: Payload): Promise<void> {
  const document = await readDocument(body);
  const isCanned = headers.has('x-amz-acl'); // with another value than `private` it did not come here
  if (totalBytes(document) === 0) {
    if (isCanned) return;
    throw s3Error('InvalidRequest', 'An x-amz-acl header or an <AccessControlPolicy> must be sent');
  }
  if (isCanned) throw s3Error('InvalidRequest', 'x-amz-acl and an <AccessControlPolicy> must not be sent together');
  if (!isPrivate(readXml(document, 'AccessControlPolicy'))) {
    throw s3Error('NotImplemented', 'Grants to others than the owner are not supported; use a bucket policy');
  }
}

function isPrivate(policy: XmlElement): boolean {
  policy.expectOnly('Owner', 'AccessControlList');
  const grants = policy.all('AccessControlList').flatMap((list) => list.all('Grant'));
  const [grant] = grants;
  const grantee = grant?.all('Grantee')[0];
  return grants.length === 1 && grant?.textOf('Permission') === 'FULL_CONTROL' && grantee?.textOf('ID') === owner.ID;
}
