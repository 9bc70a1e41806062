import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../../test/support/bodies.ts';
import { type MemorySite, startMemorySite } from '../../../test/support/memory-site.ts';
import { listBlocks, noHeaders } from '../../../test/support/site-blocks.ts';
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import { type ClassLayout, copysetOf, copysetOfPartition, partitionsOn } from '../../layout/layout.ts';
import type { Member } from '../../replica/members.ts';
import type { MemoryVolume } from '../../volume/memory/memory-volume.ts';
import { blocksHeld, countMissed } from './missed-blocks.ts';

const objects = 400;

let site: MemorySite;
let layout: ClassLayout;

async function begin(copies: number): Promise<void> {
  site = await startMemorySite({ volumes: 5, bucketDefaults: { copies, writeQuorum: copies } });
  await site.store.createBucket('blocks');
  for (let key = 0; key < objects; key++) {
    await site.store.put('blocks', `${key}`, { body: bodyOf(site.context.random.bytes(100)), headers: noHeaders });
  }
  layout = await site.repair.layouts.refresh(copies);
}

/** They are gone, and open still. */
function lose(count: number): Member[] {
  const away = site.members.all().slice(0, count);
  for (const { volume } of away) (volume as MemoryVolume).fail(new CopysetError('volume.gone', 'it was deleted'));
  return away;
}

function counted(away: readonly Member[], now: ClassLayout = layout): number {
  return countMissed(now, blocksHeld(away, site.members.all()));
}

describe('blocks that lack a copy since volumes are away', () => {
  it.each([1, 3])('are all that one volume of five held, with %i copies', async (copies) => {
    await begin(copies);
    const blocks = await listBlocks(site);
    const [away] = lose(1) as [Member];
    const held = blocks.filter(({ name }) => copysetOf(layout, name).includes(away.entry.id)).length;
    expect(held).toBeGreaterThan(50);
    expect(counted([away])).toBe(held);
  });

  it('count once where two volumes held them', async () => {
    await begin(3);
    const blocks = await listBlocks(site);
    const away = lose(2);
    const lacking = blocks.filter(({ name }) => away.some(({ entry }) => copysetOf(layout, name).includes(entry.id)));
    expect(Math.abs(counted(away) - lacking.length)).toBeLessThan(0.1 * lacking.length);
    expect(counted(away)).toBeLessThan(away.reduce((sum, { volume }) => sum + (volume?.blocks ?? 0), 0));
  });

  it('are a share by weight of what others hold where a volume was never open', async () => {
    await begin(3);
    const [away] = lose(1) as [Member];
    const held = away.volume?.blocks ?? 0;
    away.volume = undefined;
    expect(Math.abs(counted([away]) - held)).toBeLessThan(0.2 * held);
  });

  it('are one at least where no volume was ever open', async () => {
    await begin(3);
    for (const member of site.members.all()) member.volume = undefined;
    expect(counted(site.members.all())).toBeGreaterThan(0);
  });

  it('are none where the volume is in no copyset', async () => {
    await begin(3);
    const [away] = lose(1) as [Member];
    const others = layout.copysets.map((copyset) => copyset.filter((id) => id !== away.entry.id));
    expect(counted([away], { ...layout, copysets: others })).toBe(0);
  });

  it('are left to the comparison with the layout where they move and others have them', async () => {
    await begin(3);
    const away = lose(1);
    const moving = new Map(layout.partitions.map((_, partition) => [partition, copysetOfPartition(layout, partition)]));
    expect(counted(away, { ...layout, moving })).toBe(0);
  });

  it('count where they move and nobody else has them', async () => {
    await begin(1);
    const [away, target] = [...lose(1), ...site.members.all().slice(1, 2)] as [Member, Member];
    const held = away.volume?.blocks ?? 0;
    expect(counted([away], drained(layout, away.entry.id, target.entry.id))).toBe(held);
  });
});

/** All partitions of one volume are on their way to another, of a class of one copy. */
function drained(before: ClassLayout, from: VolumeId, to: VolumeId): ClassLayout {
  const left = before.copysets.findIndex((copyset) => copyset.includes(from));
  const right = before.copysets.findIndex((copyset) => copyset.includes(to));
  const moving = new Map(partitionsOn(before, from).map((partition) => [partition, [from]]));
  return { ...before, partitions: before.partitions.map((at) => (at === left ? right : at)), moving };
}
