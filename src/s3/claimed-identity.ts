/** Why: an audit names whom a refused request claimed to come from; nothing is decided by it. */
import type { RequestHead } from './head.ts';

/** The access key id that the head names, proven or not; undefined when it names none. */
export function claimedAccessKeyId({ target, headers }: RequestHead): string | undefined {
  const [header = ''] = headers.all('authorization');
  const inHeader = /Credential=([^/,\s]{1,128})\//.exec(header)?.[1];
  return inHeader ?? /[?&]X-Amz-Credential=([\w-]{1,128})(?:\/|%2F)/i.exec(target)?.[1];
}
