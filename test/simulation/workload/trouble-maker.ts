/**
 * Why: what befalls a store besides failing calls: kills, power cuts, volumes that come and go, damage; and what
 * operators and background work do meanwhile. Never more than the design promises to survive: one device at a time
 * loses what it holds, and the next one only when everything has been healed.
 */
import { pick, type Random } from '../../../src/base/random.ts';
import { verifyObjects } from '../check/verify-objects.ts';
import type { Life } from '../life.ts';
import { expectExcuse } from '../model/violation.ts';
import type { World } from '../world.ts';
import type { Client } from './client.ts';
import { Impairment } from './impairment.ts';
import { activeDevices, addNewVolume, leave } from './operator.ts';

const pauseMs = 5_000;
const rushMs = 100;
const slowCommits = 6;

type Deed = 'crash' | 'power-cut' | 'collect' | 'scrub' | 'heal' | 'add' | 'drain' | 'retire' | 'impair' | 'verify';

/** By weight. */
const deeds: readonly Deed[] = [
  ...Array<Deed>(4).fill('crash'),
  ...Array<Deed>(4).fill('power-cut'),
  ...Array<Deed>(9).fill('collect'),
  ...Array<Deed>(2).fill('scrub'),
  'heal',
  'add',
  'drain',
  'retire',
  ...Array<Deed>(5).fill('impair'),
  'verify',
];

export class TroubleMaker {
  readonly #world: World;
  readonly #random: Random;
  readonly #impairment: Impairment;
  readonly #client: Client;

  constructor(world: World, client: Client) {
    this.#client = client;
    this.#world = world;
    this.#random = world.random;
    this.#impairment = new Impairment(world);
  }

  async work(until: () => boolean): Promise<void> {
    while (!until()) {
      await this.#world.clock.sleep(this.#random.float() * pauseMs);
      await this.#impairment.step();
      await this.#do(pick(this.#random, deeds));
    }
    await this.#impairment.end();
  }

  async #do(deed: Deed): Promise<void> {
    if (deed === 'impair') return this.#impairment.begin();
    this.#world.operate(deed);
    if (deed === 'crash') await this.#crash();
    else if (deed === 'power-cut') await this.#cutPower();
    else if (deed === 'add') await this.#excused(deed, (life) => addNewVolume(this.#world, life));
    else if (deed === 'drain' || deed === 'retire') await this.#excused(deed, (life) => this.#leave(life, deed));
    else if (deed === 'verify') await this.#verify();
    else {
      if (deed === 'collect') this.#slowCommits();
      this.#inBackground(deed);
      if (deed === 'collect') await this.#rush();
    }
  }

  /** Half of the time at the very moment when a write is acknowledged. */
  async #aBadMoment(): Promise<void> {
    const moments = [this.#world.nextAcknowledgement(), this.#world.clock.sleep(pauseMs)];
    if (this.#random.integer(2) === 0) await Promise.race(moments);
  }

  async #crash(): Promise<void> {
    const { machine, tally } = this.#world;
    await this.#aBadMoment();
    await this.#world.kill('a crash');
    machine.crash();
    tally.happened('machine', 'crash');
    await this.#restart();
  }

  async #cutPower(): Promise<void> {
    const { machine, tally } = this.#world;
    await this.#aBadMoment();
    await this.#world.kill('a power cut');
    machine.cutPower();
    tally.happened('machine', 'power-cut');
    await this.#restart();
  }

  async #restart(): Promise<void> {
    const { machine, tally } = this.#world;
    const loses = this.#random.integer(8) === 0;
    if (loses) machine.loseDatabase();
    tally.happened('machine', 'lost-database', loses ? 1 : 0);
    await this.#world.start();
    await this.#verify();
  }

  async #verify(): Promise<void> {
    this.#world.machine.calm();
    await verifyObjects(this.#world);
    this.#world.machine.trouble(this.#impairment.damaged);
  }

  /** A drain or a retirement is for a device that the store can do without. */
  async #leave(life: Life, deed: 'drain' | 'retire'): Promise<void> {
    if (activeDevices(this.#world, life).length < 5 || this.#world.impaired !== undefined) return;
    await leave(this.#world, life, deed === 'drain' ? 'draining' : 'retired');
  }

  /** Between what the collector saw and what it does there is time for others. */
  #slowCommits(): void {
    for (let nth = 1; nth <= slowCommits; nth++)
      if (this.#random.integer(2) === 0) this.#world.machine.catalogTroubles.force('commit', 'delay', nth);
  }

  /** While blocks are collected, others want them back. */
  async #rush(): Promise<void> {
    for (let puts = 0; puts < 3; puts++) {
      await this.#world.clock.sleep(this.#random.float() * rushMs);
      this.#world.watch(this.#excused('collect', () => this.#client.putFromTrash()));
    }
  }

  /** Goes on while other things happen. */
  #inBackground(deed: 'collect' | 'scrub' | 'heal'): void {
    const work = (life: Life) =>
      deed === 'collect'
        ? life.collect((report) => this.#world.tally.collected(report))
        : deed === 'scrub'
          ? life.scrub()
          : life.heal();
    this.#world.watch(this.#excused(deed, work));
  }

  async #excused(deed: Deed, work: (life: Life) => Promise<void>): Promise<void> {
    try {
      const life = await this.#world.life;
      await life.during(work(life));
    } catch (error) {
      expectExcuse(error, deed);
    }
  }
}
