import { expect, test } from 'vitest';
import { type BlockName, nameBlock } from '../../base/block-name.ts';
import { utf8 } from '../../base/bytes.ts';
import { encodeNode, type ManifestNode } from '../manifest/node.ts';
import { ManifestNodes } from './manifest-nodes.ts';

const nameOf = (text: string): BlockName => nameBlock([utf8(text)], 'blake3');
const nodeOf = (references: number): ManifestNode => ({
  level: 1,
  entries: Array.from({ length: references }, (_, at) => ({ name: nameOf(`data ${at}`), bytes: 7 })),
});
const bytesOf = (references: number) => async () => encodeNode(nodeOf(references));

test('a node is read once, and given whole', async () => {
  const nodes = new ManifestNodes();
  const name = nameOf('one');
  expect(nodes.atHand(name)).toBeUndefined();
  expect(await nodes.read(name, bytesOf(3))).toEqual(nodeOf(3));
  expect(nodes.atHand(name)).toEqual(nodeOf(3));
  expect(await nodes.read(name, () => expect.unreachable('it is there'))).toEqual(nodeOf(3));
});

test('no more references are kept than may be; the node used longest ago leaves', async () => {
  const nodes = new ManifestNodes(10);
  const names = ['one', 'two', 'three'].map(nameOf) as [BlockName, BlockName, BlockName];
  const [one, two, three] = names;
  for (const name of [one, two, one, three]) await nodes.read(name, bytesOf(4));
  expect(names.map((name) => nodes.atHand(name) !== undefined)).toEqual([true, false, true]);
  await nodes.read(nameOf('large'), bytesOf(11));
  expect(nodes.atHand(nameOf('large'))).toBeUndefined();
});

test('what is no manifest is not kept', async () => {
  const nodes = new ManifestNodes();
  const name = nameOf('one');
  const read = nodes.read(name, async () => utf8('no manifest, but long enough'));
  await expect(read).rejects.toMatchObject({ code: 'format.damaged' });
  expect(nodes.atHand(name)).toBeUndefined();
});
