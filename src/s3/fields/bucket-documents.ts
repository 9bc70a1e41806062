/** Why: what a bucket keeps for others to act on is judged here: it is kept only when all of it was understood. */
import { parsePolicy } from '../../access/policy.ts';
import { utf8 } from '../../base/bytes.ts';
import { parseCors } from '../cors.ts';
import { s3Error } from '../errors.ts';

/** What the store keeps of one. */
const maxCorsBytes = 20 * 1024;

/** Whether it allows anything to everybody; nobody else can be named in one. */
export function isPublicPolicy(text: string, bucket: string): boolean {
  return parsePolicy(text, bucket).statements.some(({ effect }) => effect === 'Allow');
}

/** Throws where the text is no configuration. */
export function checkCors(text: string): void {
  const bytes = utf8(text);
  if (bytes.byteLength > maxCorsBytes) throw s3Error('MalformedXML', `It is larger than ${maxCorsBytes} bytes`);
  parseCors([bytes]);
}
