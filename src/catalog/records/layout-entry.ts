/**
 * Why: the layout of each placement class, and its epoch as a small key of its own that every commit which relies on a
 * placement expects: a write that raced with a layout change looks again before it is acknowledged.
 */

import { ByteReader, ByteWriter } from '../../base/byte-stream.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { ClassLayout, Copyset } from '../../layout/layout.ts';
import { type FieldCodec, idField, listField, uintField } from '../codec/fields.ts';
import { keyOf, rangeOf, uint16Key } from '../codec/keys.ts';
import { defineRecord, required } from '../codec/record.ts';

const copysetField = listField(idField<VolumeId>());

/** 1,024 numbers as varints. */
const partitionsField: FieldCodec<readonly number[]> = {
  encode: (values) => values.reduce((writer, value) => writer.varint(value), new ByteWriter()).finish(),
  decode: (bytes) => {
    const reader = new ByteReader(bytes);
    const values: number[] = [];
    while (reader.left > 0) values.push(reader.varint());
    return values;
  },
};

const movingField: FieldCodec<ReadonlyMap<number, Copyset>> = {
  encode: (moving) =>
    [...moving]
      .reduce(
        (writer, [partition, from]) => writer.varint(partition).block(copysetField.encode(from)),
        new ByteWriter(),
      )
      .finish(),
  decode: (bytes) => {
    const reader = new ByteReader(bytes);
    const moving = new Map<number, Copyset>();
    while (reader.left > 0) moving.set(reader.varint(), copysetField.decode(reader.block()));
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
  return uintField.encode(layout.epoch);
}
