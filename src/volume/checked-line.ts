/** Why: the small records of a volume are lines of JSON for people to read, with a checksum for us. */
import { asBuffer, utf8 } from '../base/bytes.ts';
import { CopysetError } from '../base/errors.ts';
import { crc32c } from '../base/hash.ts';

export type Fields = Readonly<Record<string, string | number>>;
export type LineKind = { readonly format: string; readonly version: number };

/** One line; `crc32c`, the last member in every version, is of the line without it and without the newline. */
export function encodeLine({ format, version }: LineKind, fields: Fields): Uint8Array {
  const body = { format, version, ...fields };
  return utf8(`${JSON.stringify({ ...body, crc32c: checksum(body) })}\n`);
}

/** `format.damaged`, `format.unknown_version`; `where` is for the message. */
export function decodeLine(bytes: Uint8Array, { format, version }: LineKind, where: string): Fields {
  const { crc32c: expected, ...body } = parse(bytes);
  if (body.format !== format || checksum(body) !== expected) {
    throw new CopysetError('format.damaged', `${where} is damaged`);
  }
  if (body.version !== version) {
    throw new CopysetError('format.unknown_version', `${where} has format ${body.version}`);
  }
  return body;
}

function checksum(body: object): string {
  return crc32c(utf8(JSON.stringify(body)))
    .toString(16)
    .padStart(8, '0');
}

function parse(bytes: Uint8Array): Fields {
  try {
    const parsed: unknown = JSON.parse(asBuffer(bytes).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Fields) : {};
  } catch {
    return {}; // JSON.parse throws SyntaxError for nothing but damage, which the checksum reports
  }
}
