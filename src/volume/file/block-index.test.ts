import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAddress } from '../../base/block-address.ts';
import { partitionOf } from '../../base/block-name.ts';
import { compareBytes, hex } from '../../base/bytes.ts';
import { BlockIndex } from './block-index.ts';
import { partitionAt } from './fold-records.ts';
import { type IndexRecord, RecordList } from './record.ts';

/** Addresses that are close to each other: in all partitions, in one, and equal but for the last byte. */
const address = fc
  .tuple(fc.constantFrom(0, 1, 0x7f, 0xff), fc.nat(255), fc.nat(3), fc.nat(3))
  .map(([first, second, third, last]) => {
    const bytes = new Uint8Array(36);
    bytes.set([first, second, third]);
    bytes[35] = last;
    return bytes;
  });

const record: fc.Arbitrary<IndexRecord> = fc.record({
  kind: fc.constant('put'),
  address,
  segment: fc.nat(9),
  position: fc.nat(99).map((units) => units * 64),
  storedBytes: fc.nat(9999),
  sequence: fc.nat(2 ** 48 - 1),
  writtenAtMs: fc.nat(2 ** 48 - 1),
  stale: fc.nat(9),
});

const changes = fc.array(fc.oneof(record, address), { maxLength: 300 });

/** The index and a map after the same changes: a record is set, an address deleted. */
function applied(list: readonly (IndexRecord | Uint8Array)[]) {
  const index = new BlockIndex();
  const model = new Map<string, IndexRecord>();
  for (const change of list) {
    if (change instanceof Uint8Array) {
      index.delete(change);
      model.delete(hex(change));
    } else {
      index.set(change);
      model.set(hex(change.address), change);
    }
  }
  const sorted = [...model.values()].sort((left, right) => compareBytes(left.address, right.address));
  return { index, model, sorted };
}

describe('the index', () => {
  test('finds and lists as a sorted map does', () => {
    fc.assert(
      fc.property(changes, address, (list, other) => {
        const { index, model, sorted } = applied(list);
        expect([...index.ascending()]).toEqual(sorted);
        for (const key of [other, ...sorted.map((each) => each.address)]) {
          expect(index.get(key)).toEqual(model.get(hex(key)));
        }
      }),
    );
  });

  test('lists after an address, and one partition', () => {
    fc.assert(
      fc.property(changes, address, fc.nat(1023), (list, after, partition) => {
        const { index, sorted } = applied(list);
        const behind = sorted.filter((each) => compareBytes(each.address, after) > 0);
        expect([...index.ascending({ after })]).toEqual(behind);
        const number = sorted[0] === undefined ? partition : partitionAt(sorted[0].address);
        const inPartition = (each: IndexRecord) => partitionAt(each.address) === number;
        expect([...index.ascending({ partition: number })]).toEqual(sorted.filter(inPartition));
        expect([...index.ascending({ after, partition: number })]).toEqual(behind.filter(inPartition));
      }),
    );
  });

  test('is the same when it is built from all records at once, in any order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(record, { selector: ({ sequence }) => sequence }), (records) => {
        const { index } = applied(records.toSorted((left, right) => left.sequence - right.sequence));
        const lists = [0, 1, 2].map((rest) => {
          const list = new RecordList();
          for (const [at, each] of records.entries()) if (at % 3 === rest) list.add(each);
          return list.bytes;
        });
        const olderPuts = ({ address: key }: IndexRecord) =>
          records.filter((each) => hex(each.address) === hex(key)).length - 1;
        const expected = [...index.ascending()].map((each) => ({ ...each, stale: olderPuts(each) }));
        expect([...new BlockIndex(lists).ascending()]).toEqual(expected);
      }),
    );
  });

  test('has the partitions of the names', () => {
    fc.assert(
      fc.property(address, (key) => {
        expect(partitionAt(key)).toBe(partitionOf(decodeAddress(key).name));
      }),
    );
  });
});
