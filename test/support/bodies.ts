/** Why: tests send bytes as bodies and read them back whole. */
import type { Body, ObjectReader } from '../../src/object/store.ts';

/** A body in slabs of a size that fits nothing, so that cutting is exercised. */
export function bodyOf(bytes: Uint8Array, slabBytes = 10_007): Body {
  return {
    slabs: slabsOf(bytes, slabBytes),
    declaredBytes: bytes.byteLength,
    md5: undefined,
    seal: async () => ({ checksum: undefined }),
  };
}

async function* slabsOf(bytes: Uint8Array, slabBytes: number) {
  for (let at = 0; at < bytes.byteLength; at += slabBytes) {
    yield { bytes: bytes.subarray(at, at + slabBytes), release: () => undefined };
  }
}

export async function readAll(reader: ObjectReader): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const slab of reader.slabs) {
    pieces.push(slab.bytes.slice());
    slab.release();
  }
  return Buffer.concat(pieces);
}
