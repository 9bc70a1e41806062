/**
 * Why: header fields of HTTP are ASCII for most clients, so user metadata beyond it goes out as an encoded word of
 * RFC 2047, and those that come in are decoded, as S3 does it
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html).
 */
import { fromUtf8, utf8 } from './bytes.ts';

const word = /=\?([\w-]+)\?([bq])\?([!->@-~]*)\?=/gi;
const isAscii = /^[\x20-\x7e\t]*$/;

/** The text as a header value: itself where it is ASCII, else one encoded word. */
export function encodeWords(text: string): string {
  return isAscii.test(text) ? text : `=?UTF-8?B?${Buffer.from(utf8(text)).toString('base64')}?=`;
}

/** The text with its encoded words decoded; those in unknown charsets, or malformed, stay as they are. */
export function decodeWords(value: string): string {
  const joined = value.replace(/(\?=)[ \t]+(?==\?[\w-]+\?[bq]\?)/gi, '$1'); // blanks between two words mean nothing
  return joined.replace(word, (whole, ...[charset, coding, content]: [string, string, string]) => {
    const bytes = coding.toLowerCase() === 'b' ? fromBase64(content) : fromQ(content);
    return (bytes === undefined ? undefined : textOf(charset, bytes)) ?? whole;
  });
}

function fromBase64(content: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(content) ? Buffer.from(content, 'base64') : undefined;
}

/** Section 4.2: `_` is a blank, `=XX` a byte. */
function fromQ(content: string): Uint8Array | undefined {
  if (/=(?![0-9a-f]{2})/i.test(content)) return undefined;
  const bytes = content.replaceAll('_', ' ').replace(/=([0-9a-f]{2})/gi, (_, pair: string) => {
    return String.fromCharCode(Number.parseInt(pair, 16));
  });
  return Buffer.from(bytes, 'latin1');
}

function textOf(charset: string, bytes: Uint8Array): string | undefined {
  switch (charset.toLowerCase()) {
    case 'utf-8':
    case 'us-ascii':
      return fromUtf8(bytes);
    case 'iso-8859-1':
      return Buffer.from(bytes).toString('latin1');
    default:
      return undefined;
  }
}
