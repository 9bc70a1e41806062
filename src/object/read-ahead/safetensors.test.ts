import { expect, test } from 'vitest';
import { dataStart, isSafetensorsKey } from './safetensors.ts';

function lengthField(bytes: bigint): Uint8Array {
  const field = Buffer.alloc(8);
  field.writeBigUInt64LE(bytes);
  return field;
}

test('files are known by their names', () => {
  expect(isSafetensorsKey('llama/model-00001-of-00002.safetensors')).toBe(true);
  expect(isSafetensorsKey('llama/model.safetensors.index.json')).toBe(false);
});

test('the data begin behind the header', () => {
  expect(dataStart(lengthField(100n), 5000)).toBe(108);
  expect(dataStart(lengthField(100n), 108)).toBe(108);
});

test.each([
  ['is empty', lengthField(0n), 5000],
  ['is longer than the file', lengthField(100n), 107],
  ['is longer than loaders take', lengthField(100_000_001n), 2 ** 40],
  ['has no number for its length', lengthField(2n ** 64n - 1n), 2 ** 40],
  ['is cut', new Uint8Array(7), 5000],
])('a header that %s is none', (_, first, of) => {
  expect(dataStart(first, of)).toBeUndefined();
});
