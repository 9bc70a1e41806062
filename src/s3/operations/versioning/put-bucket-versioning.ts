/**
 * Why: PUT /bucket?versioning : enables or suspends versions; deletes that need a second factor are not supported
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html).
 */
import { readDocument } from '../../body/document.ts';
import { s3Error } from '../../errors.ts';
import type { Operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import type { BucketTarget } from '../../router/target.ts';
import { readXml, type XmlElement } from '../../xml/reader.ts';

export const putBucketVersioning = {
  name: 'PutBucketVersioning',
  level: 'bucket',
  method: 'PUT',
  when: { query: { versioning: true } },
  action: 's3:PutBucketVersioning',
  body: 'document',
  async handle({ target, store, body, signal }) {
    const document = readXml(await readDocument(body), 'VersioningConfiguration');
    document.expectOnly('Status', 'MfaDelete');
    refuseMfaDelete(document);
    await store.changeBucket(target.bucket, { versioning: statusOf(document) }, { signal });
    return emptyReply(200);
  },
} as const satisfies Operation<BucketTarget>;

function statusOf(document: XmlElement): 'enabled' | 'suspended' {
  switch (document.textOf('Status')) {
    case 'Enabled':
      return 'enabled';
    case 'Suspended':
      return 'suspended';
    case undefined:
      throw s3Error('IllegalVersioningConfigurationException', 'A <Status> must be given');
    default:
      throw s3Error('MalformedXML', '<Status> must be Enabled or Suspended');
  }
}

function refuseMfaDelete(document: XmlElement): void {
  if ((document.textOf('MfaDelete') ?? 'Disabled') === 'Disabled') return;
  throw s3Error('NotImplemented', '<MfaDelete> is not supported');
}
