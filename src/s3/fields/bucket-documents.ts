/** Why: what a bucket keeps for others to act on is judged here: it is kept only when all of it was understood. */
import { utf8 } from '../../base/bytes.ts';
import { s3Error } from '../errors.ts';
import { readXml } from '../xml/reader.ts';

const maxBytes = 20 * 1024;

/** Throws MalformedPolicy where the text is no policy. */
export function checkPolicy(text: string): void {
  if (utf8(text).byteLength > maxBytes) throw s3Error('MalformedPolicy', `The policy is larger than ${maxBytes} bytes`);
  statementsOf(text);
}

/** Whether it allows anything to everybody. */
export function isPublicPolicy(text: string): boolean {
  return statementsOf(text).some(({ Effect, Principal }) => Effect === 'Allow' && isEverybody(Principal));
}

type Statement = { readonly Effect?: unknown; readonly Principal?: unknown };

function statementsOf(text: string): readonly Statement[] {
  const statements = [parseJson(text)?.Statement].flat().filter((each) => typeof each === 'object' && each !== null);
  if (statements.length === 0) throw s3Error('MalformedPolicy', 'The policy must hold a Statement');
  return statements as Statement[];
}

function parseJson(text: string): { readonly Statement?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw s3Error('MalformedPolicy', `The policy is no JSON: ${(cause as Error).message}`);
  }
}

function isEverybody(principal: unknown): boolean {
  const named = typeof principal === 'object' && principal !== null && 'AWS' in principal ? principal.AWS : principal;
  return [named].flat().includes('*');
}

/** Throws MalformedXML where the text is no configuration. */
export function checkCors(text: string): void {
  if (utf8(text).byteLength > maxBytes) throw s3Error('MalformedXML', `The document is larger than ${maxBytes} bytes`);
  if (readXml([utf8(text)], 'CORSConfiguration').all('CORSRule').length === 0) {
    throw s3Error('MalformedXML', 'There must be a <CORSRule>');
  }
}
