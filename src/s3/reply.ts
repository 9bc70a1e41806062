/** Why: what an operation answers, free of sockets, so that another front can send it with other means. */
import { utf8 } from '../base/bytes.ts';
import type { ObjectReader } from '../object/store.ts';
import type { S3Failure } from './errors.ts';
import { writeErrorXml, writeXml, type XmlFields } from './xml/writer.ts';

export type ReplyBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A body in slabs, or, for a front that sends files, at hand or in pieces. */
  | ({ readonly kind: 'slabs' } & SlabsBody)
  /**
   * The reply comes when the work is done. Where that takes long, a front begins with status 200 and white space, and
   * ends with the document, which then may be an error's.
   */
  | { readonly kind: 'late'; readonly reply: Promise<Reply> };

/** Exactly `bytes` bytes; a front that cannot send them all cuts the connection. */
export type SlabsBody = {
  readonly bytes: number;
  readonly reader: Pick<ObjectReader, 'slabs' | 'pieces' | 'atHand'>;
};

export type Reply = {
  readonly status: number;
  /** Values are strings of bytes 0..255. Content-Length is the front's, but where a HEAD tells it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReplyBody;
};

export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { kind: 'none' } };
}

export function xmlReply(
  root: string,
  content: XmlFields | readonly XmlFields[] | string,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return documentReply(200, writeXml(root, content), headers);
}

/** A document that was kept as it came. */
export function textReply(contentType: string, text: string): Reply {
  return documentReply(200, text, { 'content-type': contentType });
}

/** For work that may outlast the patience of clients. */
export function lateReply(reply: Promise<Reply>): Reply {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: { kind: 'late', reply } };
}

/** The error document. `resource` is the path as sent. */
export function errorReply(
  failure: S3Failure,
  about: { readonly resource: string; readonly requestId: string },
): Reply {
  const { code, message, fields, headers, status } = failure;
  const document = { Code: code, Message: message, ...fields, Resource: about.resource, RequestId: about.requestId };
  return documentReply(status, writeErrorXml(document), headers);
}

function documentReply(status: number, text: string, headers: Readonly<Record<string, string>>): Reply {
  const bytes = utf8(text);
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body: { kind: 'bytes', bytes } };
}
