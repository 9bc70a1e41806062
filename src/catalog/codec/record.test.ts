import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BlockName } from '../../base/block-name.ts';
import { ByteWriter } from '../../base/byte-stream.ts';
import {
  blockRefField,
  bytesField,
  flagField,
  floatField,
  idField,
  listField,
  textField,
  textMapField,
  uintField,
  wordField,
} from './fields.ts';
import { defineRecord, optional, required } from './record.ts';

const fields = {
  id: required(1, idField()),
  text: required(2, textField),
  number: required(3, uintField),
  flag: required(4, flagField),
  float: required(5, floatField),
  word: required(6, wordField(['first', 'second'])),
  list: required(7, listField(uintField)),
  map: required(8, textMapField),
  blocks: required(9, listField(blockRefField)),
  bytes: optional(200, bytesField),
};

const codec = defineRecord('test', 3, fields);

const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));

const records = fc.record(
  {
    id: hexOf(8),
    text: fc.string({ unit: 'grapheme' }),
    number: fc.nat(Number.MAX_SAFE_INTEGER),
    flag: fc.boolean(),
    float: fc.double({ noNaN: true }),
    word: fc.constantFrom('first' as const, 'second' as const),
    list: fc.array(fc.nat(2 ** 40)),
    map: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }).map((map) => ({ ...map })),
    blocks: fc.array(fc.record({ name: hexOf(33).map((name) => name as BlockName), bytes: fc.nat(2 ** 40) })),
    bytes: fc.uint8Array(),
  },
  { requiredKeys: ['id', 'text', 'number', 'flag', 'float', 'word', 'list', 'map', 'blocks'] },
);

const some = {
  id: '0011223344556677',
  text: 'a',
  number: 1,
  flag: true,
  float: 1,
  word: 'first',
  list: [],
  map: {},
  blocks: [],
} as const;

describe('a record', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(records, (record) => {
        fc.pre(!Object.hasOwn(record.map, '__proto__'));
        expect(codec.decode(codec.encode(record))).toEqual(record);
      }),
    );
  });

  test('keeps fields that this version does not know, and writes them back', () => {
    const newer = defineRecord('test', 3, { ...fields, added: optional(201, textField) });
    fc.assert(
      fc.property(records, fc.string(), (record, added) => {
        const old = codec.decode(newer.encode({ ...record, added }));
        expect(old.unknownFields).toHaveLength(1);
        expect(newer.decode(codec.encode({ ...old, number: 7 }))).toEqual({ ...record, number: 7, added });
      }),
    );
  });

  test('is read in part as those fields of the whole, whatever is missing or damaged in the rest', () => {
    const part = codec.only('number', 'text', 'bytes');
    fc.assert(
      fc.property(records, (record) => {
        const { number, text, bytes } = record;
        const some = bytes === undefined ? { number, text } : { number, text, bytes };
        expect(part.decode(codec.encode(record))).toEqual(some);
      }),
    );
    const other = new ByteWriter().byte(3).varint(2).block(Uint8Array.of(97)).varint(6).block(Uint8Array.of(9));
    expect(part.decode(other.varint(3).block(Uint8Array.of(5)).finish())).toEqual({ number: 5, text: 'a' });
  });

  test('is refused in part where one of those fields is missing or damaged, or what is passed over is cut', () => {
    const part = codec.only('number', 'text');
    const damaged = expect.objectContaining({ code: 'format.damaged' });
    const textOnly = new ByteWriter().byte(3).varint(2).block(Uint8Array.of(97));
    expect(() => part.decode(textOnly.finish())).toThrow(damaged);
    const whole = textOnly.varint(3).block(Uint8Array.of(5));
    expect(part.decode(whole.finish())).toEqual({ number: 5, text: 'a' });
    expect(() => part.decode(whole.varint(9).varint(100).byte(0).finish())).toThrow(damaged);
    expect(() => defineRecord('test', 2, fields).only('text').decode(codec.encode(some))).toThrow(
      expect.objectContaining({ code: 'format.unknown_version' }),
    );
  });

  test('of a newer version is refused, of an older one read', () => {
    const bytes = codec.encode(some);
    expect(() => defineRecord('test', 2, fields).decode(bytes)).toThrow(
      expect.objectContaining({ code: 'format.unknown_version' }),
    );
    expect(defineRecord('test', 4, fields).decode(bytes)).toEqual(some);
  });

  test('without a field that it must have is damaged', () => {
    const { text: _, ...others } = fields;
    const bytes = defineRecord('test', 3, others).encode(some);
    expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ code: 'format.damaged' }));
  });

  test('that was cut anywhere is damaged, never another record', () => {
    fc.assert(
      fc.property(records, fc.nat(), (record, cut) => {
        const bytes = codec.encode(record);
        const part = bytes.subarray(0, cut % bytes.byteLength);
        const { bytes: _, ...whole } = record;
        try {
          expect(codec.decode(part)).toEqual(whole); // cut exactly before the optional field at the end
        } catch (error) {
          if (!(error instanceof Error) || !('code' in error)) throw error;
          expect(error.code).toBe('format.damaged');
        }
      }),
    );
  });

  test('with text that is no UTF-8, or a word of the future, says so', () => {
    const text = new ByteWriter().byte(3).varint(2).block(Uint8Array.of(0xff)).finish();
    expect(() => codec.decode(text)).toThrow(expect.objectContaining({ code: 'format.damaged' }));
    const word = new ByteWriter().byte(3).varint(6).block(Uint8Array.of(2)).finish();
    expect(() => codec.decode(word)).toThrow(expect.objectContaining({ code: 'format.unknown_version' }));
  });
});
