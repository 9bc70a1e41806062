/**
 * Why: POST /bucket?delete : up to a thousand keys or versions; each is judged, deleted and answered for by itself
 * (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html).
 */
import { mapBounded } from '../../../base/async/map-bounded.ts';
import { utf8 } from '../../../base/bytes.ts';
import type { Deletion } from '../../../object/store.ts';
import { readDocument } from '../../body/document.ts';
import { s3Error, toFailure } from '../../errors.ts';
import { conditionOf } from '../../fields/conditions.ts';
import type { Call, Operation } from '../../operation.ts';
import { xmlReply } from '../../reply.ts';
import { keyFromBytes } from '../../router/key.ts';
import type { BucketTarget } from '../../router/target.ts';
import { readXml, type XmlElement } from '../../xml/reader.ts';
import type { XmlFields } from '../../xml/writer.ts';

const maxKeys = 1000;
const inFlight = 16;

export const deleteObjects = {
  name: 'DeleteObjects',
  level: 'bucket',
  method: 'POST',
  when: { query: { delete: true } },
  action: 's3:DeleteObject',
  versionAction: 's3:DeleteObjectVersion',
  judgesKeys: true,
  body: 'document',
  async handle(call) {
    const document = readXml(await readDocument(call.body), 'Delete');
    document.expectOnly('Object', 'Quiet');
    const objects = document.all('Object');
    if (objects.length === 0 || objects.length > maxKeys) {
      throw s3Error('MalformedXML', `<Delete> must hold 1 to ${maxKeys} objects`);
    }
    await call.store.headBucket(call.target.bucket, call);
    const answers = await mapBounded(objects, inFlight, (object) => deleteOne(call, object));
    const isQuiet = document.textOf('Quiet') === 'true';
    return xmlReply('DeleteResult', isQuiet ? answers.filter((answer) => 'Error' in answer) : answers);
  },
} as const satisfies Operation<BucketTarget>;

/** `<Deleted>`, or the `<Error>` that says why not. */
async function deleteOne(call: Call<BucketTarget>, object: XmlElement): Promise<XmlFields> {
  const { target, store, may, signal } = call;
  const named = { Key: object.textOf('Key') ?? '', VersionId: object.textOf('VersionId') || undefined };
  try {
    object.expectOnly('Key', 'VersionId', 'ETag');
    const key = keyFromBytes(utf8(named.Key));
    const versionId = named.VersionId;
    const action = versionId === undefined ? deleteObjects.action : deleteObjects.versionAction;
    if (!may(action, { bucket: target.bucket, key })) throw s3Error('AccessDenied');
    const condition = conditionOf(object.textOf('ETag'), undefined);
    return {
      Deleted: { ...named, ...marker(await store.delete(target.bucket, key, { signal, versionId, condition })) },
    };
  } catch (error) {
    const { code, message } = toFailure(error);
    return { Error: { ...named, Code: code, Message: message } };
  }
}

/** The delete marker that was made, or removed. */
function marker({ isDeleteMarker, versionId }: Deletion): XmlFields {
  return isDeleteMarker ? { DeleteMarker: true, DeleteMarkerVersionId: versionId } : {};
}
