/** Why: POST /bucket?delete : up to a thousand keys; each is judged, deleted and answered for by itself. */
import { mapBounded } from '../../../base/async/map-bounded.ts';
import { utf8 } from '../../../base/bytes.ts';
import { readDocument } from '../../body/document.ts';
import { s3Error, toFailure } from '../../errors.ts';
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
  body: 'document',
  async handle(call) {
    const document = readXml(await readDocument(call.body), 'Delete');
    document.expectOnly('Object', 'Quiet');
    const objects = document.all('Object');
    if (objects.length === 0 || objects.length > maxKeys) {
      throw s3Error('MalformedXML', `<Delete> must hold 1 to ${maxKeys} objects`);
    }
    await call.store.headBucket(call.target.bucket, call);
    const failures = await mapBounded(objects, inFlight, (object) => deleteOne(call, object));
    const quiet = document.textOf('Quiet') === 'true';
    const deleted = quiet ? [] : objects.filter((_, at) => failures[at] === undefined);
    return xmlReply('DeleteResult', {
      Deleted: deleted.map((object) => ({ Key: object.textOf('Key') })),
      Error: failures.filter((failure) => failure !== undefined),
    });
  },
} as const satisfies Operation<BucketTarget>;

/** Undefined when it is gone, else the element that says why not. */
async function deleteOne(call: Call<BucketTarget>, object: XmlElement): Promise<XmlFields | undefined> {
  const { target, store, may, signal } = call;
  const text = object.textOf('Key') ?? '';
  try {
    object.expectOnly('Key');
    const key = keyFromBytes(utf8(text));
    if (!may('s3:DeleteObject', { bucket: target.bucket, key })) throw s3Error('AccessDenied');
    await store.delete(target.bucket, key, { signal });
    return undefined;
  } catch (error) {
    const { code, message } = toFailure(error);
    return { Key: text, Code: code, Message: message };
  }
}
