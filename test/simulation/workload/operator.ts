/** Why: what the one who runs the store does with its volumes, by hand. */
import { pick } from '../../../src/base/random.ts';
import type { Member } from '../../../src/replica/members.ts';
import type { Life } from '../life.ts';
import type { World } from '../world.ts';

const mostActive = 8;
export const leastDevices = 4;

export function activeMembers(life: Life): Member[] {
  return life.site.members.all().filter(({ entry, volume }) => entry.state === 'active' && volume !== undefined);
}

export function deviceOf(world: World, member: Member): string {
  return world.machine.slots.find(({ id }) => id === member.entry.id)?.device ?? '';
}

/** Devices with a volume that takes blocks. */
export function activeDevices(world: World, life: Life): string[] {
  return [...new Set(activeMembers(life).map((member) => deviceOf(world, member)))];
}

/** On a device of its own. */
export async function addNewVolume(world: World, life: Life): Promise<void> {
  if (activeMembers(life).length >= mostActive) return;
  const slot = await world.machine.addSlot(`d${world.machine.slots.length + 10}`);
  world.note(`a new volume ${slot.id} on ${slot.device}`);
  await life.addVolume(slot);
}

/** A store that must heal has a device more than copies. */
export async function replaceGivenUp(world: World, life: Life): Promise<void> {
  while (activeDevices(world, life).length < leastDevices) await addNewVolume(world, life);
}

export async function leave(world: World, life: Life, state: 'draining' | 'retired'): Promise<void> {
  const member = pick(world.random, activeMembers(life));
  world.note(`volume ${member.entry.id} on ${deviceOf(world, member)} is ${state}`);
  await life.leaveVolume(member.entry.id, state);
}
