/**
 * Why: percent-encoding is where keys get lost and signatures get forged. Text that came over the wire is a string of
 * bytes 0..255 (as node:http gives it); it is decoded once, here, and normalised for signatures, here.
 */
import { utf8 } from '../base/bytes.ts';

const escapePattern = /%([0-9a-fA-F]{2})/g;

/** The bytes of percent-encoded text, or undefined when a `%` is not followed by two hex digits. */
export function percentDecode(raw: string): Uint8Array | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(raw)) return undefined;
  const bytes = raw.replace(escapePattern, (_, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)));
  return new Uint8Array(Buffer.from(bytes, 'latin1'));
}

/** AWS's UriEncode: everything but unreserved characters (and `/`, where kept) becomes `%XX`. */
export function uriEncode(text: string, options: { readonly keepSlash: boolean }): string {
  return normalise(Buffer.from(utf8(text)).toString('latin1').replaceAll('%', '%25'), options);
}

/** The canonical form of a path as sent: encoded escapes stay encoded, so `%2F` and `/` remain two different things. */
export function canonicalPath(rawPath: string): string {
  return /^[A-Za-z0-9\-._~/]*$/.test(rawPath) ? rawPath : normalise(rawPath, { keepSlash: true });
}

/** The canonical form of a name or value of a query as sent; `+` is a blank. */
export function canonicalQueryText(raw: string): string {
  return normalise(raw.replaceAll('+', '%20'), { keepSlash: false });
}

/** The bytes of a name or value of a query; `+` is a blank. */
export function decodeQueryText(raw: string): Uint8Array | undefined {
  return percentDecode(raw.replaceAll('+', '%20'));
}

function normalise(raw: string, options: { readonly keepSlash: boolean }): string {
  const pattern = options.keepSlash ? /%([0-9a-fA-F]{2})|[^A-Za-z0-9\-._~/]/g : /%([0-9a-fA-F]{2})|[^A-Za-z0-9\-._~]/g;
  return raw.replace(pattern, (match, pair: string | undefined) =>
    encodeByte(pair === undefined ? match.charCodeAt(0) : Number.parseInt(pair, 16)),
  );
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9\-._~]/.test(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
