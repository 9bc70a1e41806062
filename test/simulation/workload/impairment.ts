/**
 * Why: the one device that is not well. It is unplugged for a while, or for so long that it is given up, or its
 * directories are deleted, or it flips bits; and afterwards everything is healed before the next device is struck.
 */
import { pick } from '../../../src/base/random.ts';
import { isSettled, scrubUntilClean } from '../check/settled.ts';
import type { Slot } from '../machine/slot.ts';
import { plugIn, unplug, wipe } from '../machine/slot.ts';
import { expectExcuse } from '../model/violation.ts';
import type { World } from '../world.ts';
import { activeDevices, addNewVolume, leastDevices, replaceGivenUp } from './operator.ts';

const kinds = ['unplugged', 'unplugged-long', 'wiped', 'damaged'] as const;
type Kind = (typeof kinds)[number];

type Current = { readonly kind: Kind; readonly device: string; readonly endsMs: number };

const durationMs: Readonly<Record<Kind, number>> = {
  unplugged: 3_000,
  'unplugged-long': 30_000,
  wiped: 15_000,
  damaged: 20_000,
};

export class Impairment {
  readonly #world: World;
  #current: Current | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  /** The device that flips bits now. */
  get damaged(): string | undefined {
    return this.#current?.kind === 'damaged' ? this.#current.device : undefined;
  }

  /** Strikes a device, if all is well. */
  async begin(): Promise<void> {
    const { machine, random, tally } = this.#world;
    if (this.#current !== undefined) return;
    const life = await this.#world.life;
    const devices = activeDevices(this.#world, life);
    if (devices.length < leastDevices || !(await isSettled(life))) return;
    const kind = pick(random, kinds);
    const device = pick(random, devices);
    this.#world.operate(`impair:${kind}`);
    this.#world.note(`device ${device} is ${kind}`);
    this.#world.impaired = device;
    tally.happened('device', kind);
    this.#current = { kind, device, endsMs: machine.time.nowMs + (0.5 + random.float()) * durationMs[kind] };
    this.#spareJournals();
    if (kind === 'damaged') machine.trouble(device);
    for (const slot of this.#slots()) {
      if (kind === 'wiped') wipe(slot);
      else if (kind !== 'damaged') unplug(slot);
    }
  }

  /** Heals when it is time. */
  async step(): Promise<void> {
    if (this.#current === undefined || this.#world.machine.time.nowMs < this.#current.endsMs) return;
    await this.end();
  }

  /** Resolves when everything is as if nothing had been. */
  async end(): Promise<void> {
    if (this.#current === undefined) return;
    const { machine } = this.#world;
    for (const slot of this.#slots()) {
      plugIn(slot);
      for (const disk of [slot.blocks, slot.journal]) disk.troubles.damaging.pause();
    }
    machine.calm();
    await this.#replace();
    await scrubUntilClean(this.#world);
    this.#current = undefined;
    this.#world.impaired = undefined;
    machine.trouble();
  }

  /** What was given up while it was away is taken back, what was wiped is replaced. */
  async #replace(): Promise<void> {
    const life = await this.#world.life;
    try {
      for (const slot of this.#slots()) {
        if (slot.isWiped) await life.during(addNewVolume(this.#world, life));
        else if (life.site.members.get(slot.id)?.entry.state === 'lost') await life.during(life.addVolume(slot));
      }
      await life.during(replaceGivenUp(this.#world, life));
    } catch (error) {
      expectExcuse(error, 'adding a volume');
    }
  }

  /** The other journals are healthy while one may be lost: that is all that J - W allows. */
  #spareJournals(): void {
    for (const { device, journal } of this.#world.machine.slots) {
      if (device !== this.#current?.device) journal.troubles.passing.pause();
    }
  }

  #slots(): Slot[] {
    return this.#world.machine.slots.filter(({ device }) => device === this.#current?.device);
  }
}
