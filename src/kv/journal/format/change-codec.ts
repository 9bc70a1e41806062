/** Why: the changes of a batch are one byte string, in records of the log as docs/formats/journal.md tells. */
import { ByteReader, ByteWriter } from '../../../base/byte-stream.ts';
import type { Change, Put } from '../../kv.ts';

export function encodeChanges(changes: readonly Change[]): Uint8Array {
  const writer = new ByteWriter().varint(changes.length);
  for (const { revision, puts, deletes } of changes) {
    writer.varint(revision).varint(puts.length).varint(deletes.length);
    for (const { key, value } of puts) writer.block(key).block(value);
    for (const key of deletes) writer.block(key);
  }
  return writer.finish();
}

/** Rejects with `format.damaged` when the bytes are no changes. */
export function decodeChanges(bytes: Uint8Array): Change[] {
  const reader = new ByteReader(bytes);
  return times(reader.varint(), () => decodeChange(reader));
}

function decodeChange(reader: ByteReader): Change {
  const [revision, putCount, deleteCount] = [reader.varint(), reader.varint(), reader.varint()];
  const puts = times(putCount, (): Put => ({ key: reader.block(), value: reader.block() }));
  return { revision, puts, deletes: times(deleteCount, () => reader.block()) };
}

/** Never trusts a count with memory: the reader ends first. */
export function times<T>(count: number, one: () => T): T[] {
  const list: T[] = [];
  for (let at = 0; at < count; at++) list.push(one());
  return list;
}
