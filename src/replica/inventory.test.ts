import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey, type BlockAddress, compareAddresses } from '../base/block-address.ts';
import { nameBlock } from '../base/block-name.ts';
import { utf8 } from '../base/bytes.ts';
import type { VolumeId } from '../base/ids.ts';
import { mergeLists } from './inventory.ts';

const addresses: readonly BlockAddress[] = Array.from({ length: 12 }, (_, index): BlockAddress => {
  return { name: nameBlock([utf8(`${index >> 1}`)]), classId: 1 + (index % 2), fragment: 0 };
}).sort(compareAddresses);

test('merging lists gives each block once, in address order, with all who have it and its latest write', () => {
  const lists = fc.array(fc.subarray([...addresses.keys()]), { maxLength: 5 });
  fc.assert(
    fc.property(lists, (held) => {
      const merged = mergeLists(
        held.map((indices, volume) => ({
          id: `v${volume}` as VolumeId,
          stats: indices.map((index) => ({
            address: addresses[index] as BlockAddress,
            storedBytes: 10 + index,
            writtenAtMs: volume * 100 + index,
          })),
        })),
      );
      const expected = addresses.flatMap((address, index) => {
        const holders = held.flatMap((indices, volume) => (indices.includes(index) ? [volume] : []));
        if (holders.length === 0) return [];
        const newestWriteMs = Math.max(...holders) * 100 + index;
        return [{ address, holders: holders.map((volume) => `v${volume}`), storedBytes: 10 + index, newestWriteMs }];
      });
      expect(merged).toEqual(expected);
      expect(merged.map(({ address }) => addressKey(address))).toEqual(
        merged.map(({ address }) => addressKey(address)).toSorted(),
      );
    }),
  );
});
