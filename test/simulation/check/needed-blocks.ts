/** Why: which blocks a store needs is found from its records anew, apart from how the collector finds it. */
import type { BlockName } from '../../../src/base/block-name.ts';
import { allParts, partCodec } from '../../../src/catalog/records/part.ts';
import { allVersions, versionCodec } from '../../../src/catalog/records/version.ts';
import { collectRecords } from '../../../src/catalog/stored.ts';
import { decodeNode } from '../../../src/object/manifest/node.ts';
import type { Life } from '../life.ts';
import { Violation } from '../model/violation.ts';

const attempts = 20;
const retryMs = 1_000;

export type Needed = { readonly name: BlockName; readonly classId: number };

/** By versions and parts; the blocks of a manifest are read as readers do. */
export async function neededBlocks({ site }: Life): Promise<Needed[]> {
  const { kv } = site.repair;
  const versions = await collectRecords(kv, versionCodec, allVersions);
  const parts = await collectRecords(kv, partCodec, allParts);
  const needed = new Map<string, Needed>();
  const add = (name: BlockName, classId: number) => needed.set(`${classId} ${name}`, { name, classId });
  for (const { classId, blocks, manifest } of [...versions, ...parts]) {
    for (const { name } of blocks) add(name, classId);
    if (manifest === undefined) continue;
    add(manifest.name, classId);
    for (const name of await namedBy(site, { name: manifest.name, classId })) add(name, classId);
  }
  return [...needed.values()];
}

/** A volume that did not open when the process started is opened by and by. */
async function namedBy({ objects }: Life['site'], manifest: Needed): Promise<BlockName[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return decodeNode(await objects.blocks.read(manifest)).entries.map(({ name }) => name);
    } catch (error) {
      if (attempt === attempts)
        throw new Violation(`a manifest cannot be read while nothing is wrong: ${String(error)}`, { cause: error });
    }
    await objects.clock.sleep(retryMs);
  }
}
