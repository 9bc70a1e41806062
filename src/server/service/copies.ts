/** Why: `object locations` and `object verify` show where every copy of an object is, and whether it is good. */

import type { BlockCopies, BlockCopy, CopyState, ObjectPath } from '../../admin/contract.ts';
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import type { BlockAddress } from '../../base/block-address.ts';
import { type BlockName, digestOf, knownNameHash } from '../../base/block-name.ts';
import { isCopysetError } from '../../base/errors.ts';
import { addDebts } from '../../catalog/debts.ts';
import { holdersOf } from '../../layout/layout.ts';
import { walkContent } from '../../object/content/references.ts';
import { findObject } from '../../object/objects.ts';
import type { Member } from '../../replica/members.ts';
import { patiently } from '../../replica/patience.ts';
import { readWholeBlock } from '../../volume/read-block.ts';
import type { Site } from '../site.ts';

export type CopyQuery = CallOptions & { /** Read every copy, and owe what is bad. */ readonly read: boolean };

type Found = {
  readonly name: BlockAddress['name'];
  readonly holds: 'data' | 'manifest';
  readonly fromByte: number;
  readonly bytes: number;
};

/** Manifests first, then the data in order. `not_found` when there is no such object. */
export async function* objectCopies(site: Site, path: ObjectPath, query: CopyQuery): AsyncGenerator<BlockCopies> {
  const { record: version } = (await findObject(site.objects, path, query)).version;
  const manifests: Found[] = [];
  const data: Found[] = [];
  const onManifest = ({ name }: { name: Found['name'] }) =>
    manifests.push({ name, holds: 'manifest', fromByte: 0, bytes: 0 });
  for await (const { ref, at } of walkContent(site.objects.blocks, version, { signal: query.signal, onManifest })) {
    data.push({ name: ref.name, holds: 'data', fromByte: at, bytes: ref.bytes });
  }
  for (const found of [...manifests, ...data]) {
    const copies = await copiesOf(site, { name: found.name, classId: version.classId, fragment: 0 }, query);
    yield {
      block: found.name,
      digest: digestIn(found.name),
      holds: found.holds,
      fromByte: found.fromByte,
      bytes: found.bytes,
      copies,
    };
  }
}

function digestIn(name: BlockName): BlockCopies['digest'] {
  return { hash: knownNameHash(name), hex: digestOf(name) };
}

async function copiesOf(site: Site, address: BlockAddress, query: CopyQuery): Promise<BlockCopy[]> {
  const layout = await site.layouts.refresh(address.classId, query);
  const copies = await Promise.all(
    holdersOf(layout, address.name).map(async (id) => {
      const member = site.members.get(id);
      const state = await stateOf(site, { member, address }, query);
      return { volume: id, path: member?.entry.path ?? '', state } as const;
    }),
  );
  const bad = copies.filter(({ state }) => state === 'damaged' || (state === 'missing' && layout.moving.size === 0));
  const { kv, clock } = site.repair;
  if (query.read && bad.length > 0)
    await addDebts(kv, [{ ...address, volumes: bad.map(({ volume }) => volume) }], clock.wallMs(), query);
  return copies;
}

type Copy = { readonly member: Member | undefined; readonly address: BlockAddress };

async function stateOf(site: Site, { member, address }: Copy, query: CopyQuery): Promise<CopyState> {
  if (member?.volume === undefined || member.isSilent) return 'unreachable';
  const { volume } = member;
  const ask = async (call: CallOptions): Promise<CopyState> => {
    if (!query.read) return (await volume.stat(address, call)) === undefined ? 'missing' : 'present';
    await readWholeBlock(volume, address, call);
    return 'good';
  };
  try {
    return await patiently(site.repair.clock, query, ask);
  } catch (error) {
    if (isCopysetError(error, 'block.damaged')) return 'damaged';
    if (isCopysetError(error, 'block.missing')) return 'missing';
    throwIfAborted(query.signal);
    return 'unreachable';
  }
}
