import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressKey,
  type BlockAddress,
  blockAddressBytes,
  compareAddresses,
  decodeAddress,
  encodeAddress,
} from './block-address.ts';
import { nameBlock } from './block-name.ts';
import { hex, utf8 } from './bytes.ts';

/** Few names, so that the rest of the address decides often. */
const address: fc.Arbitrary<BlockAddress> = fc.record({
  name: fc.constantFrom('a', 'b', 'c').map((text) => nameBlock([utf8(text)], 'blake3')),
  classId: fc.nat({ max: 0xffff }),
  fragment: fc.nat({ max: 0xff }),
});

test('an address is the name, the class and the fragment, in 36 bytes', () => {
  const one = { name: nameBlock([], 'blake3'), classId: 0x0102, fragment: 3 };
  expect(hex(encodeAddress(one))).toBe(`${one.name}010203`);
  expect(encodeAddress(one)).toHaveLength(blockAddressBytes);
});

test('addresses survive their encoding; keys and bytes have the same order', () => {
  fc.assert(
    fc.property(address, address, (left, right) => {
      expect(decodeAddress(encodeAddress(left))).toEqual(left);
      const [leftKey, rightKey] = [addressKey(left), addressKey(right)];
      const byKey = leftKey < rightKey ? -1 : leftKey > rightKey ? 1 : 0;
      expect(Math.sign(compareAddresses(left, right))).toBe(byKey);
    }),
  );
});
