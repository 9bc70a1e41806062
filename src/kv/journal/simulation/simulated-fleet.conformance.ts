/** Why: the disks of the simulated machine together: which of them work, are away, or may have lost something. */
import type { Clock } from '../../../base/clock.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { pick, type Random, shuffled } from '../../../base/random.ts';
import { writeQuorum } from '../core/journal-set.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { readJournal } from '../place/journal-view.ts';
import { isTemporary } from '../place/names.ts';
import { ensure } from './history-model.conformance.ts';
import { type DiskLies, SimulatedDisk } from './simulated-disk.conformance.ts';

const rates = {
  '*:delay': 0.25,
  'sync:error': 0.004,
  'syncDirectory:error': 0.004,
  'write:error': 0.003,
  'write:torn': 0.003,
  'write:full': 0.003,
  'rename:error': 0.004,
  'open:error': 0.002,
  'read:error': 0.002,
  'stat:error': 0.001,
  'write:hang': 0.001,
  'sync:hang': 0.002,
  'rename:hang': 0.001,
};

type Copy = ReadonlyMap<string, Uint8Array>;

export class SimulatedFleet {
  readonly #random: Random;
  readonly #note: (what: string, id: VolumeId) => void;
  readonly #disks = new Map<VolumeId, SimulatedDisk>();
  /** What a disk held when all was well. */
  readonly #copies = new Map<VolumeId, Copy>();
  /** Members that may have lost something since all was well last. */
  readonly wounded = new Set<VolumeId>();

  constructor(
    disks: number,
    options: { random: Random; seed: number; lies: DiskLies; note: (what: string, id: VolumeId) => void },
  ) {
    this.#random = options.random;
    this.#note = options.note;
    for (let at = 0; at < disks; at++) {
      const disk = new SimulatedDisk(`/disk${at}`, { seed: options.seed * 31 + at, rates, lies: options.lies });
      this.#disks.set(newId<VolumeId>(this.#random), disk);
    }
  }

  get ids(): VolumeId[] {
    return [...this.#disks.keys()];
  }

  place(id: VolumeId, clock: Clock): JournalPlace {
    return { id, disk: this.#disk(id).mount(clock), domain: id };
  }

  resumeFaults(): void {
    for (const disk of this.#disks.values()) disk.schedule.resume();
  }

  /** All work; what is away stays away. */
  pauseFaults(): void {
    for (const disk of this.#disks.values()) {
      const { isAway } = disk;
      disk.heal();
      if (isAway) disk.goAway();
    }
  }

  healAll(): void {
    for (const disk of this.#disks.values()) disk.heal();
  }

  takeAway(ids: readonly VolumeId[]): void {
    for (const id of ids) this.#disk(id).goAway();
  }

  /** What is away and was not struck so is there again. */
  bringBack(): void {
    for (const [id, disk] of this.#disks) {
      const staysAway = disk.isAway && this.wounded.has(id);
      disk.heal();
      if (staysAway) disk.goAway();
    }
  }

  /** The next sync hangs until `catchUp`; the one after it hangs as well. */
  lag(id: VolumeId): void {
    const { schedule } = this.#disk(id);
    schedule.force('sync', 'hang');
    schedule.force('sync', 'hang', 2);
  }

  catchUp(id: VolumeId): void {
    this.#disk(id).schedule.release();
  }

  /** The processes die. */
  die(kind: 'crash' | 'power cut'): void {
    for (const disk of this.#disks.values()) {
      if (kind === 'power cut') disk.powerCut(this.#random);
      else disk.crash();
    }
  }

  /** Whose journals hold all that was durable in them. */
  async intact(storeId: StoreId): Promise<VolumeId[]> {
    const intact: VolumeId[] = [];
    for (const [id, { memory }] of this.#disks) {
      const { report } = await readJournal({ id, disk: memory }, storeId);
      if (report.state === 'intact') intact.push(id);
    }
    return intact;
  }

  /** What happens to disks while they work. */
  async trouble(): Promise<void> {
    const [id, disk] = pick(this.#random, [...this.#disks]);
    const kind = pick(this.#random, ['full', 'away', 'sync fails', 'sync hangs'] as const);
    if (kind === 'full') await disk.fill(this.#random.integer(3000));
    else if (kind === 'away') disk.goAway();
    else disk.forceSync(kind === 'sync fails' ? 'error' : 'hang');
    this.#note(`trouble:${kind}`, id);
  }

  /** All is well: whoever was wounded is not any more. Some are copied, to be put back later. */
  async beWell(members: readonly VolumeId[]): Promise<void> {
    this.wounded.clear();
    for (const id of members) if (this.#random.integer(2) === 0) this.#copies.set(id, await this.#disk(id).copy());
  }

  /** While nobody looks: a minority of the members, and any other disk. */
  async strike(members: readonly VolumeId[]): Promise<void> {
    const budget = members.length - writeQuorum(members.length);
    for (const id of shuffled(this.#random, this.ids)) {
      const isMember = members.includes(id);
      const isOne = !isMember || this.wounded.has(id) || this.wounded.size < budget;
      if (!isOne || this.#random.float() > 0.35) continue;
      if (isMember) this.wounded.add(id);
      await this.#wound(id);
    }
  }

  /** Damages an older log file of each; resolves with what undoes it. */
  async damage(members: readonly VolumeId[]): Promise<() => Promise<void>> {
    const before = new Map<VolumeId, Copy>();
    for (const id of this.ids) before.set(id, await this.#disk(id).copy());
    for (const id of members)
      await this.#disk(id).corrupt(this.#random, (names) => pick(this.#random, logs(names).slice(0, -1)));
    return async () => {
      for (const [id, copy] of before) await this.#disk(id).replace(copy);
    };
  }

  /** Nothing is to befall one of them any more. */
  areCalm(members: readonly VolumeId[]): boolean {
    return members.every((id) => !this.#disk(id).isThreatened);
  }

  /** While they are written: any number of them is damaged, a minority loses all its names. */
  async rot(members: readonly VolumeId[]): Promise<void> {
    const struck = shuffled(this.#random, members).slice(0, 1 + this.#random.integer(members.length));
    const mayLose = members.length - writeQuorum(members.length);
    for (const [at, id] of struck.entries()) {
      const disk = this.#disk(id);
      const kind = pick(this.#random, ['damaged', 'damaged', 'file lost', at < mayLose ? 'lost' : 'damaged'] as const);
      if (kind === 'lost') await disk.removeFiles();
      else if (kind === 'file lost')
        await disk.removeOne(this.#random, (names) => [...logs(names).slice(0, -1), ...snapshots(names)]);
      else
        await disk.corrupt(this.#random, (names) => shuffled(this.#random, [...logs(names), ...snapshots(names)])[0]);
      this.#note(`rot:${kind}`, id);
    }
  }

  async #wound(id: VolumeId): Promise<void> {
    const disk = this.#disk(id);
    const old = this.#copies.get(id);
    const kind = pick(this.#random, ['lost', 'away', old === undefined ? 'damaged' : 'old copy', 'damaged', 'damaged']);
    if (kind === 'lost') await disk.replace(new Map());
    else if (kind === 'away') disk.goAway();
    else if (kind === 'old copy') await disk.replace(old ?? new Map());
    else await disk.corrupt(this.#random, (names) => shuffled(this.#random, [...logs(names), ...snapshots(names)])[0]);
    this.#note(`wound:${kind}`, id);
  }

  #disk(id: VolumeId): SimulatedDisk {
    const disk = this.#disks.get(id);
    ensure(disk !== undefined, `there is no disk ${id}`);
    return disk;
  }
}

/** Of those that were finished. */
function logs(names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith('log-') && !isTemporary(name));
}

function snapshots(names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith('snapshot-') && !isTemporary(name));
}
