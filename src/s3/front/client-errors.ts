/** Why: what is no HTTP is answered too, once and shortly, in the place where the answer to a request would stand. */
import type { Socket } from 'node:net';
import { CopysetError } from '../../base/errors.ts';
import type { RequestId } from '../../base/ids.ts';
import { type S3Failure, s3Error, toFailure } from '../errors.ts';
import type { S3Log } from '../request-log.ts';
import { writeErrorXml } from '../xml/writer.ts';

/** As a parser reports it: llhttp's code and reason, or node:http's own. */
export type ParserError = { readonly code?: string; readonly reason?: string };

const incomplete = 'HPE_INVALID_EOF_STATE';

/** About a head that cannot be read. */
export function headFailure(error: ParserError): CopysetError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return s3Error('RequestHeaderSectionTooLarge');
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return s3Error('RequestTimeout');
  return s3Error('InvalidRequest', `The request is no HTTP that is understood here${reason(error)}`);
}

/** About a body whose framing cannot be read, or that ended early. */
export function bodyFailure(error: ParserError): CopysetError {
  if (error.code === incomplete) {
    const details = { s3: 'IncompleteBody' };
    return new CopysetError('request.aborted', 'The connection ended in the middle of the body', { details });
  }
  return s3Error('InvalidRequest', `The body is no HTTP that is understood here${reason(error)}`);
}

export function tunnelFailure(): CopysetError {
  return s3Error('NotImplemented', 'CONNECT is not supported: this is no proxy');
}

function reason(error: ParserError): string {
  return error.reason === undefined ? '' : `: ${error.reason}`;
}

/** Answers what is no request, and records it: who sends such things is to be seen as well. */
export function refuse(
  socket: Socket,
  error: CopysetError,
  { requestId, log }: { readonly requestId: RequestId; readonly log: S3Log },
): void {
  const failure = toFailure(error);
  const nothing = { accessKeyId: undefined, action: undefined, operation: undefined, firstByteMs: undefined };
  const unread = { method: '', path: '', receivedBytes: 0, durationMs: 0 };
  const { remoteAddress = '' } = socket;
  const { status, code } = failure;
  log({ ...nothing, ...unread, requestId, remoteAddress, status, code, error });
  sayLast(socket, failure, requestId);
}

/** The last thing that is said on this connection. */
function sayLast(socket: Socket, { status, code, message }: S3Failure, requestId: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = writeErrorXml({ Code: code, Message: message, RequestId: requestId });
  const head = [
    `HTTP/1.1 ${status} ${code}`,
    `x-amz-request-id: ${requestId}`,
    'connection: close',
    'content-type: application/xml',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end([...head, '', body].join('\r\n'), () => socket.destroy());
}
