/**
 * Why: the layout of each placement class, and its epoch as a small key of its own that every commit which relies on a
 * placement expects: a write that raced with a layout change looks again before it is acknowledged.
 */

import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import { asBuffer } from '../../base/bytes.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { ClassLayout, Copyset } from '../../layout/layout.ts';
import { type FieldCodec, idField, listField, uintField } from '../codec/fields.ts';
import { keyOf, rangeOf, uint16Key } from '../codec/keys.ts';
import { defineRecord, required } from '../codec/record.ts';

const copysetField = listField(idField<VolumeId>());

/** 1,024 numbers as varints. */
const partitionsField: FieldCodec<readonly number[]> = {
  write: (writer, values) => {
    for (const value of values) writer.varint(value);
  },
  decode: (bytes) => {
    const reader = new ByteReader(bytes);
    const values: number[] = [];
    while (reader.left > 0) values.push(reader.varint());
    return values;
  },
};

/** Many partitions come from few copysets: each of those is read once. */
const movingField: FieldCodec<ReadonlyMap<number, Copyset>> = {
  write: (writer, moving) => {
    for (const [partition, from] of moving) writer.varint(partition).within(() => copysetField.write(writer, from));
  },
  decode: (bytes) => {
    const decoded = new Map<string, Copyset>();
    const reader = new ByteReader(bytes);
    const moving = new Map<number, Copyset>();
    while (reader.left > 0) {
      const partition = reader.varint();
      const block = reader.block();
      const key = asBuffer(block).toString('latin1');
      const from = decoded.get(key) ?? copysetField.decode(block);
      decoded.set(key, from);
      moving.set(partition, from);
    }
    return moving;
  },
};

const fields = {
  classId: required(1, uintField),
  copies: required(2, uintField),
  epoch: required(3, uintField),
  copysets: required(4, listField(copysetField)),
  partitions: required(5, partitionsField),
  moving: required(6, movingField),
};

export const layoutCodec = defineRecord('layout', 1, fields);

export function layoutKey(classId: number): Uint8Array {
  return keyOf('layout', uint16Key(classId));
}

export const allLayouts = rangeOf('layout');

export function epochKey(classId: number): Uint8Array {
  return keyOf('epoch', uint16Key(classId));
}

export function epochValue(layout: ClassLayout): Uint8Array {
  return new ByteWriter().varint(layout.epoch).finish();
}
