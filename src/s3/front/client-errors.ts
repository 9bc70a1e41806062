/** Why: what is no HTTP is answered too, once and shortly, unless a response is under way: two must never mix. */
import type { Socket } from 'node:net';
import type { S3Code } from '../errors.ts';
import { s3Codes } from '../errors.ts';
import { writeErrorXml } from '../xml/writer.ts';

const codes: Readonly<Record<string, S3Code>> = {
  HPE_HEADER_OVERFLOW: 'RequestHeaderSectionTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'RequestTimeout',
};

/** `isBusy`: a response is under way on this connection. */
export function refuseConnection(error: Error & { code?: string }, socket: Socket, isBusy: boolean): void {
  if (isBusy || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const code = codes[error.code ?? ''] ?? 'InvalidRequest';
  const { status, text } = s3Codes[code];
  const body = writeErrorXml({ Code: code, Message: text });
  const head = [`HTTP/1.1 ${status} ${code}`, 'connection: close', 'content-type: application/xml'];
  socket.end([...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'), () => socket.destroy());
}
