/**
 * Why: a record that is read for every request is decoded once, for as long as the kv hands out the same bytes: what it
 * handed out never changes, so the record of those bytes does not either. Nothing is kept longer than the bytes.
 */
import type { RecordCodec } from './record.ts';

export function decodeOnce<R>(codec: RecordCodec<R>): RecordCodec<R> {
  const decoded = new WeakMap<Uint8Array, R>();
  return {
    encode: (record) => codec.encode(record),
    decode: (bytes) => {
      const known = decoded.get(bytes);
      if (known !== undefined) return known;
      const record = codec.decode(bytes);
      decoded.set(bytes, record);
      return record;
    },
  };
}
