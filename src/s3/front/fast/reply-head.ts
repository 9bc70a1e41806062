/** Why: the head of a reply as bytes say it; what could split it into two replies is refused. */
import { STATUS_CODES } from 'node:http';
import { assert } from '../../../base/assert.ts';
import type { ReplyHead } from '../transport.ts';

export type Framing = {
  /** The body comes in chunks, because its length is not known. */
  readonly isChunked: boolean;
  readonly isLast: boolean;
  readonly keepAliveTimeoutMs: number;
};

/** All that RFC 9110, section 5.5, allows in a value, as characters 0..255. */
const unsafe = /[^\t\x20-\x7e\x80-\xff]/;

export function formatReplyHead({ status, headers }: ReplyHead, framing: Framing): string {
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    assert(!unsafe.test(value), `the header ${name} holds what no header may`);
    if (name !== 'connection') text += `${name}: ${value}\r\n`;
  }
  if (framing.isChunked) text += 'transfer-encoding: chunked\r\n';
  return `${text}${persistence(framing)}\r\n`;
}

function persistence({ isLast, keepAliveTimeoutMs }: Framing): string {
  if (isLast) return 'connection: close\r\n';
  return `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(keepAliveTimeoutMs / 1000)}\r\n`;
}
