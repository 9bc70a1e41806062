/**
 * Why: a thousand keys are deleted by one request; keys that XML cannot hold by one each.
 * Source: DeleteObjects, Amazon S3 API reference (it demands a digest of the document).
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { mapBounded } from '../../base/async/map-bounded.ts';
import { CopysetError, toCopysetError } from '../../base/errors.ts';
import { startHash } from '../../base/hash.ts';
import type { S3Client, S3Undeleted } from '../client.ts';
import type { Caller } from '../wire/caller.ts';
import { refusalError } from '../wire/failure.ts';
import { childrenOf, escapeXml, findText, fitsXml, requestDocument, textOf, type XmlNode } from '../wire/xml.ts';

const maxKeys = 1000;
const singlesAtOnce = 8;

export function deletionVerbs(caller: Caller): Pick<S3Client, 'deleteObjects'> {
  return { deleteObjects: (bucket, keys, options = {}) => deleteObjects(caller, bucket, keys, options) };
}

async function deleteObjects(
  caller: Caller,
  bucket: string,
  keys: readonly string[],
  options: CallOptions,
): Promise<readonly S3Undeleted[]> {
  if (keys.length > maxKeys) throw new CopysetError('request.invalid', `${keys.length} keys are more than ${maxKeys}`);
  const { writable = [], others = [] } = Object.groupBy(keys, (key) => (fitsXml(key) ? 'writable' : 'others'));
  const together = writable.length === 0 ? [] : await deleteTogether(caller, bucket, writable, options);
  const single = await mapBounded(others, singlesAtOnce, (key) => deleteOne(caller, bucket, key, options));
  return [...together, ...single.filter((failure) => failure !== undefined)];
}

async function deleteTogether(
  caller: Caller,
  bucket: string,
  keys: readonly string[],
  options: CallOptions,
): Promise<S3Undeleted[]> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join('');
  const body = requestDocument('Delete', `<Quiet>true</Quiet>${objects}`);
  const digest = startHash('md5').update(body).digest('base64');
  const headers = [['content-md5', digest] as const];
  const root = await caller.document({ method: 'POST', bucket, query: { delete: '' }, headers, body }, options);
  return childrenOf(root, 'Error').map((node) => undeleted(bucket, node));
}

function undeleted(bucket: string, node: XmlNode): S3Undeleted {
  const key = textOf(node, 'Key');
  const s3Code = findText(node, 'Code') ?? '';
  const message = findText(node, 'Message') ?? '';
  const status = s3Code === 'AccessDenied' ? 403 : 500;
  const asked = `DELETE /${bucket}/${key}`;
  return { key, error: refusalError({ asked, status, s3Code, message, retryAfterMs: undefined, region: undefined }) };
}

async function deleteOne(
  caller: Caller,
  bucket: string,
  key: string,
  options: CallOptions,
): Promise<S3Undeleted | undefined> {
  try {
    await caller.do({ method: 'DELETE', bucket, key }, options);
    return undefined;
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.kind === 'bug' || options.signal?.aborted) throw error;
    return { key, error };
  }
}
