/**
 * Why: tests of repair speak of single blocks and their copies: how they get into a site in memory, where they lie, how
 * they go.
 */
import type { BlockAddress } from '../../src/base/block-address.ts';
import type { VolumeId } from '../../src/base/ids.ts';
import { copysetOf } from '../../src/layout/layout.ts';
import type { MemoryVolume } from '../../src/volume/memory/memory-volume.ts';
import { readWholeBlock } from '../../src/volume/read-block.ts';
import { bodyOf } from './bodies.ts';
import type { MemorySite } from './memory-site.ts';

export const noHeaders = { metadata: {} };

/** Puts an object of one block, the only one of that content; gives the block's address. */
export async function putBlock(site: MemorySite, bucket: string, key: string): Promise<BlockAddress> {
  const known = new Set((await listBlocks(site)).map(({ name }) => name));
  const bytes = site.context.random.bytes(100);
  await site.store.put(bucket, key, { body: bodyOf(bytes), headers: noHeaders });
  const address = (await listBlocks(site)).find(({ name }) => !known.has(name));
  if (address === undefined) throw new Error(`${key} made no block of its own`);
  return address;
}

export async function listBlocks(site: MemorySite): Promise<BlockAddress[]> {
  const items = await Array.fromAsync(site.repair.inventory.scan({ from: 0, to: 1024 }));
  return items.map(({ address }) => address);
}

export function volumeOf(site: MemorySite, id: VolumeId): MemoryVolume {
  const volume = site.members.volume(id);
  if (volume === undefined) throw new Error(`volume ${id} is not open`);
  return volume as MemoryVolume;
}

/** Where the layout of now wants copies. */
export async function copysetNow(site: MemorySite, { name, classId }: BlockAddress): Promise<readonly VolumeId[]> {
  return copysetOf(await site.repair.layouts.refresh(classId), name);
}

/** Volumes with a copy that verifies. */
export async function goodCopies(site: MemorySite, address: BlockAddress): Promise<VolumeId[]> {
  const checks = site.members.all().map(async ({ entry, volume }) => {
    if (volume === undefined) return [];
    return readWholeBlock(volume, address).then(
      () => [entry.id],
      () => [],
    );
  });
  return (await Promise.all(checks)).flat();
}

/** One bit of the payload is wrong from now on. */
export function damage(site: MemorySite, id: VolumeId, address: BlockAddress): void {
  volumeOf(site, id).corrupt(address, (stored) => stored.map((byte, at) => (at === 130 ? byte ^ 1 : byte)));
}
