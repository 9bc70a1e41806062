/** Why: digests come in base64, for which Buffer.from takes almost anything; here only the canonical form counts. */

/** The bytes, or undefined when the text is not the canonical base64 of exactly `length` bytes. */
export function strictBase64(text: string, length: number): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === length && bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
