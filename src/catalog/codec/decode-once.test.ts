import { expect, test } from 'vitest';
import { decodeOnce } from './decode-once.ts';
import { textField } from './fields.ts';
import { defineRecord, required } from './record.ts';

const codec = decodeOnce(defineRecord('test', 1, { text: required(1, textField) }));

test('the same bytes give the same record, other bytes another one', () => {
  const bytes = codec.encode({ text: 'a' });
  expect(codec.decode(bytes)).toBe(codec.decode(bytes));
  expect(codec.decode(bytes)).toEqual({ text: 'a' });
  expect(codec.decode(bytes.slice())).not.toBe(codec.decode(bytes));
  expect(codec.decode(codec.encode({ text: 'b' }))).toEqual({ text: 'b' });
});

test('bytes that are damaged are refused each time', () => {
  const cut = codec.encode({ text: 'a' }).subarray(0, 2);
  for (const _ of [1, 2]) expect(() => codec.decode(cut)).toThrow(expect.objectContaining({ code: 'format.damaged' }));
});
