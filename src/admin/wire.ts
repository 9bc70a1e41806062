/**
 * Why: server and client agree here on what goes over the wire. A value is the JSON body of a 200. A stream is lines of
 * JSON that end with `end` or `error`: one that just stops was cut. Any other status carries `{"error": ...}`.
 */
import { CopysetError, type ErrorCode, type ErrorDetails, errorCodes, toCopysetError } from '../base/errors.ts';

export type WireError = { readonly code: string; readonly message: string; readonly details: ErrorDetails };
export type Line = { readonly value: unknown } | { readonly end: true } | { readonly error: WireError };

export const socketName = 'admin.sock';
export const pathPrefix = '/v1/';

export function toWire(error: unknown): WireError {
  const { code, message, details } = toCopysetError(error);
  return { code, message, details };
}

/** A code that we do not know comes from a newer server; what to do about it is in its message. */
export function fromWire({ code, message, details }: WireError): CopysetError {
  const known: ErrorCode = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'unsupported';
  return new CopysetError(known, message, { details });
}

export function statusOf(error: unknown): number {
  const { code, kind } = toCopysetError(error);
  if (code === 'not_found') return 404;
  return { request: 400, retry: 503, wait: 503, repair: 500, bug: 500 }[kind];
}
