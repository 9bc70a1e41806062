import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockName, nameBlock } from '../../base/block-name.ts';
import { utf8 } from '../../base/bytes.ts';
import type { BlockRef } from '../../catalog/codec/fields.ts';
import { ManifestBuilder } from './builder.ts';
import { decodeNode, encodeNode, type ManifestNode, maxEntries } from './node.ts';

const nameOf = (at: number): BlockName => nameBlock([utf8(`block ${at}`)], 'blake3');
const refs = (count: number): BlockRef[] =>
  Array.from({ length: count }, (_, at) => ({ name: nameOf(at), bytes: at + 1 }));

describe('a manifest block', () => {
  test('is laid out as docs/formats/manifest.md tells', () => {
    const entry = { name: nameOf(0), bytes: 0x0102_0304_0506 };
    const bytes = Buffer.from(encodeNode({ level: 2, entries: [entry] }));
    expect(bytes.toString('hex')).toBe(
      `43534d31${'0100'}${'0200'}${'01000000'}${'00000000'}${entry.name}${'0605040302010000'}`,
    );
    expect(decodeNode(bytes)).toEqual({ level: 2, entries: [entry] });
  });

  test('of any number of entries comes back', () => {
    const node: ManifestNode = { level: 1, entries: refs(maxEntries) };
    const bytes = encodeNode(node);
    expect(bytes.byteLength).toBe(167_952);
    expect(decodeNode(bytes)).toEqual(node);
  });

  test('that was cut, or has bytes behind it, or is none, is damaged', () => {
    const bytes = encodeNode({ level: 1, entries: refs(3) });
    for (const wrong of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)]), utf8('no manifest at all')])
      expect(() => decodeNode(wrong)).toThrow(expect.objectContaining({ code: 'format.damaged' }));
  });

  test('of a newer version is refused', () => {
    const bytes = encodeNode({ level: 1, entries: refs(1) });
    bytes[4] = 2;
    expect(() => decodeNode(bytes)).toThrow(expect.objectContaining({ code: 'format.unknown_version' }));
  });
});

/** All leaves' entries from the left, and how deep each node says that it is. */
function walk(nodes: ReadonlyMap<BlockName, Uint8Array>, root: BlockRef, level: number): BlockRef[] {
  const node = decodeNode(nodes.get(root.name) as Uint8Array);
  expect(node.level).toBe(level);
  expect(node.entries.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(root.bytes);
  return level === 1 ? [...node.entries] : node.entries.flatMap((entry) => walk(nodes, entry, level - 1));
}

test('a tree of any size lists every block in order, and every entry says what it stands for', async () => {
  const sizes = fc.record({ count: fc.integer({ min: 1, max: 200 }), capacity: fc.integer({ min: 2, max: 7 }) });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ count, capacity }) => {
      const nodes = new Map<BlockName, Uint8Array>();
      const store = async (bytes: Uint8Array): Promise<BlockRef> => {
        const name = nameBlock([bytes], 'blake3');
        nodes.set(name, bytes);
        return { name, bytes: bytes.byteLength };
      };
      const builder = new ManifestBuilder(store, capacity);
      for (const ref of refs(count)) await builder.add(ref);
      const { root, depth } = await builder.finish();
      expect(walk(nodes, root, depth)).toEqual(refs(count));
      expect(depth).toBe(Math.max(1, Math.ceil(Math.log(count) / Math.log(capacity) - 1e-9)));
    }),
    { numRuns: 100 },
  );
});
