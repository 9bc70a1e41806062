import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { VolumeState } from '../../catalog/records/volume-entry.ts';
import { type Member, Members } from '../../replica/members.ts';
import { MemoryVolume } from '../../volume/memory/memory-volume.ts';
import { entryOf } from '../prepare-store.ts';
import { chooseCarriers } from './journal-keeper.ts';

function membersWith(states: Readonly<Record<string, VolumeState | 'away'>>): Member[] {
  const members = new Members();
  for (const [name, state] of Object.entries(states)) {
    const id = name as VolumeId;
    const entry = { ...entryOf({ id, path: `/${name}` }, systemClock), state: state === 'away' ? 'active' : state };
    members.set(entry, state === 'away' ? undefined : new MemoryVolume({ id, clock: systemClock }));
  }
  return members.all();
}

const now = ['a', 'b', 'c'] as VolumeId[];
const idsOf = (members: Member[] | undefined) => members?.map(({ entry }) => entry.id);

describe('the carriers of journals', () => {
  it('stay while they are well', () => {
    expect(chooseCarriers(membersWith({ a: 'active', b: 'active', c: 'active', d: 'active' }), now)).toBeUndefined();
  });

  it('stay while they are away in their grace', () => {
    expect(chooseCarriers(membersWith({ a: 'away', b: 'active', c: 'active', d: 'active' }), now)).toBeUndefined();
  });

  it.each(['lost', 'retired', 'draining'] as const)('are replaced when they are %s', (state) => {
    const members = membersWith({ a: state, b: 'active', c: 'active', d: 'active' });
    expect(idsOf(chooseCarriers(members, now))).toEqual(['b', 'c', 'd']);
  });

  it('stay when nobody could take the place', () => {
    expect(chooseCarriers(membersWith({ a: 'lost', b: 'active', c: 'active', d: 'away' }), now)).toBeUndefined();
  });

  it('are never two of one failure domain', () => {
    const members = membersWith({ a: 'lost', b: 'active', c: 'active', d: 'active' });
    const same = members.map((member) => ({ ...member, entry: { ...member.entry, domain: domainFor(member) } }));
    expect(chooseCarriers(same, now)).toBeUndefined();
  });
});

function domainFor({ entry }: Member): Member['entry']['domain'] {
  return ['site', 'zone', 'rack', 'node', entry.id === 'd' ? 'b' : entry.id];
}
