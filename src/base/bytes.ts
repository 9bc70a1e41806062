/**
 * Why: byte strings are compared, joined and printed in one way everywhere; key order is byte order, never string
 * order.
 */

export const emptyBytes: Uint8Array = new Uint8Array(0);

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text, or undefined when the bytes are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined; // TextDecoder throws TypeError for nothing else
  }
}

/** A view of the same memory as a Buffer; copies nothing. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function hex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex');
}

/** The bytes of lower-case or upper-case hex; undefined when it is not hex of whole bytes. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}

/** Negative, zero or positive, by unsigned bytes, a prefix first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && compareBytes(left, right) === 0;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The least multiple that is not below `bytes`. */
export function alignUp(bytes: number, multiple: number): number {
  return Math.ceil(bytes / multiple) * multiple;
}

export function totalBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

/** The smallest key that is greater than every key with this prefix; undefined when there is none (all 0xff). */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let at = prefix.byteLength - 1; at >= 0; at--) {
    const byte = prefix[at] as number;
    if (byte < 0xff) {
      const end = prefix.slice(0, at + 1);
      end[at] = byte + 1;
      return end;
    }
  }
  return undefined;
}

/** Cuts `parts` (one logical string) to [from, to) without copying bytes. */
export function slicePieces(parts: readonly Uint8Array[], from: number, to: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, part.byteLength);
    if (start < end) cut.push(part.subarray(start, end));
    at += part.byteLength;
  }
  return cut;
}

/** Adds a piece behind the others; one that lies behind the last one in memory, too, makes one piece with it. */
export function addPiece(pieces: Uint8Array[], piece: Uint8Array): void {
  const last = pieces.at(-1);
  const isNext = last?.buffer === piece.buffer && last.byteOffset + last.byteLength === piece.byteOffset;
  if (!isNext) pieces.push(piece);
  else pieces[pieces.length - 1] = joined(last, piece);
}

function joined({ buffer, byteOffset, byteLength }: Uint8Array, next: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength + next.byteLength);
}

/** The key that follows `key` directly. */
export function successor(key: Uint8Array): Uint8Array {
  return concatBytes(key, Uint8Array.of(0));
}
