/**
 * Why: whether a commit that was acknowledged survives is shown over the code that ships, in many lives of one store:
 * each begins with a recovery, works while disks fail, and ends in a crash, a power cut or a close, after which up to
 * a minority of the journals is lost, goes away, is damaged or replaced by an old copy, and the catalog itself may be
 * lost.
 */
import { isCopysetError } from '../../../base/errors.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { pick, type Random, seededRandom, shuffled } from '../../../base/random.ts';
import { MemoryKv } from '../../memory/memory-kv.ts';
import { MemoryKvFile } from '../../memory/memory-kv-file.ts';
import { writeQuorum } from '../core/journal-set.ts';
import { type JournaledKv, openJournaledKv } from '../journaled-kv.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { ensure, HistoryModel } from './history-model.conformance.ts';
import { type DiskLies, SimulatedDisk } from './simulated-disk.conformance.ts';
import { VirtualTime } from './virtual-clock.conformance.ts';

export type SimulationOptions = {
  readonly seed: number;
  /** Commits in one life, at most. */
  readonly operations: number;
  readonly lies?: DiskLies;
  readonly trace?: (line: string) => void;
};

/** How often each thing happened. */
export type SimulationCounts = Record<string, number>;

const limits = {
  maxQueuedCommits: 64,
  maxBacklogBytes: 6000,
  syncTimeoutMs: 400,
  copyTimeoutMs: 8000,
  rotateBytes: 1500,
  snapshotBytes: 5000,
  reserveBytes: 600,
  fullPutBytes: 400,
  tendMs: 150,
  retryMs: 50,
};

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

const patienceMs = 600_000;

type Life = { readonly kv: JournaledKv; readonly stop: () => void };

export class Simulation {
  readonly counts: SimulationCounts = {};
  readonly model = new HistoryModel();
  readonly #random: Random;
  readonly #trace: (line: string) => void;
  readonly #operations: number;
  readonly #time = new VirtualTime();
  readonly #storeId: StoreId;
  readonly #disks = new Map<VolumeId, SimulatedDisk>();
  /** What a disk held when all was well. */
  readonly #copies = new Map<VolumeId, ReadonlyMap<string, Uint8Array>>();
  /** Members that may have lost something since all was well last. */
  readonly #wounded = new Set<VolumeId>();
  /** Undefined while nobody knows. */
  #set: readonly VolumeId[] | undefined;
  #file: MemoryKvFile;
  #violation: Error | undefined;

  constructor({ seed, operations, lies = {}, trace = () => undefined }: SimulationOptions) {
    this.#random = seededRandom(seed);
    this.#trace = trace;
    this.#operations = operations;
    this.#storeId = newId(this.#random);
    this.#file = this.#newFile();
    const first = pick(this.#random, [1, 3, 3, 3, 4, 5]);
    for (let at = 0; at < Math.max(first, 4); at++) {
      const id = newId<VolumeId>(this.#random);
      this.#disks.set(id, new SimulatedDisk(`/disk${at}`, { seed: seed * 31 + at, rates, lies }));
    }
    this.#set = [...this.#disks.keys()].slice(0, first);
  }

  async run(lives: number): Promise<void> {
    for (let at = 0; at < lives; at++) {
      const life = await this.#begin();
      await this.#work(life);
      if (this.#chance(0.4)) await this.#recuperate(life);
      await this.#end(life);
      await this.#strike();
    }
    this.#healAll();
    const last = await this.#begin();
    await this.#recuperate(last);
    await this.#checkJournals(last);
    await this.#time.until(last.kv.close(), patienceMs);
  }

  /** Opens the store. It may take several attempts while disks fail, and must succeed once they do not. */
  async #begin(): Promise<Life> {
    if (this.#chance(0.5)) this.#resumeFaults();
    await this.#beRefused();
    for (let attempt = 0; ; attempt++) {
      if (attempt === 4) for (const disk of this.#disks.values()) this.#pauseFaults(disk);
      try {
        const life = await this.#open();
        this.#note('open');
        this.#trace(`open in term ${life.kv.journalStatus().term} at revision ${life.kv.journalStatus().revision}`);
        await this.model.check(life.kv);
        return life;
      } catch (error) {
        this.#note(`open:${isCopysetError(error) ? error.code : 'failed'}`);
        this.#trace(`it does not open: ${explain(error)}`);
        ensure(attempt < 6 && isCopysetError(error), `the store does not open: ${explain(error)}`);
        await this.#time.until(this.#time.clock().clock.sleep(500), patienceMs);
      }
    }
  }

  async #open(): Promise<Life> {
    const { clock, stop } = this.#time.clock();
    const inner = new MemoryKv({ random: this.#random, file: this.#file });
    const journals = (this.model.count === 0 ? (this.#set ?? []) : [...this.#disks.keys()]).map((id) =>
      this.#place(id, clock),
    );
    const opening = openJournaledKv({ inner, journals, storeId: this.#storeId, clock, random: this.#random, limits });
    try {
      return { kv: await this.#time.until(opening, patienceMs), stop };
    } catch (error) {
      stop();
      throw error;
    }
  }

  /** With too few journals there it must refuse, and name those that would help. */
  async #beRefused(): Promise<void> {
    const set = this.#set ?? [];
    if (this.model.acknowledged === 0 || set.length < 3 || this.#wounded.size > 0 || !this.#chance(0.3)) return;
    for (const disk of this.#disks.values()) this.#pauseFaults(disk);
    const taken = shuffled(this.#random, set).slice(0, set.length - writeQuorum(set.length) + 1);
    for (const id of taken) this.#disk(id).goAway();
    const refusal = await this.#open().then(
      () => undefined,
      (error: unknown) => error,
    );
    ensure(isCopysetError(refusal, 'journal.missing'), `without ${taken.join()} it says ${String(refusal)}`);
    const needed = refusal.details.needed;
    ensure(
      Array.isArray(needed) && taken.every((id) => needed.includes(id)),
      `it asks for ${String(needed)}, not ${taken.join()}`,
    );
    for (const id of taken) this.#disk(id).heal();
    this.#note('refused');
  }

  async #work({ kv }: Life): Promise<void> {
    const pending = new Set<Promise<void>>();
    const watch = (work: Promise<void>) => {
      const watched: Promise<void> = work
        .catch((error: unknown) => {
          this.#violation ??= error instanceof Error ? error : new Error(String(error));
        })
        .finally(() => pending.delete(watched));
      pending.add(watched);
    };
    const count = 1 + this.#random.integer(this.#operations);
    for (let at = 0; at < count; at++) {
      watch(this.#commit(kv));
      if (this.#chance(0.05)) await this.#trouble();
      if (this.#chance(0.05)) for (const disk of this.#disks.values()) this.#pauseFaults(disk);
      if (this.#chance(0.02)) this.#resumeFaults();
      if (this.#chance(0.03) && this.#wounded.size === 0 && this.#isWell(kv)) watch(this.#changeSet(kv));
      if (this.#chance(0.2))
        await this.#time.until(this.model.checkOne(kv, this.#random.integer(this.model.count)), 1000);
      for (let steps = this.#random.integer(8); steps > 0; steps--) await this.#time.step();
      this.#throwViolation();
    }
    if (this.#chance(0.5)) await this.#time.until(Promise.all(pending), patienceMs);
    this.#throwViolation();
  }

  async #commit(kv: JournaledKv): Promise<void> {
    const value = this.#random.bytes(this.#random.integer(this.#chance(0.1) ? 2000 : 100));
    const { id, commit } = this.model.begin(value, { deletes: this.#chance(0.3), impossible: this.#chance(0.05) });
    try {
      const result = await kv.commit(commit);
      if (result.committed) {
        this.model.acknowledge(id, result.revision);
        this.#note('acknowledged');
      } else this.model.fail(id);
    } catch (error) {
      const code = isCopysetError(error) ? error.code : String(error);
      this.#note(`commit:${code}`);
      if (['read_only', 'disk.full', 'busy'].includes(code)) this.model.fail(id);
      else ensure(['kv.unknown_outcome', 'closed'].includes(code), `operation ${id}: ${String(error)}`);
    }
  }

  /** What happens to disks while they work. */
  async #trouble(): Promise<void> {
    const [id, disk] = pick(this.#random, [...this.#disks]);
    const kind = this.#random.integer(4);
    if (kind === 0) await disk.fill(this.#random.integer(3000));
    else if (kind === 1) disk.goAway();
    else if (kind === 2) disk.schedule.force('sync', 'error');
    else disk.schedule.force('sync', 'hang');
    this.#trace(`trouble ${kind} at ${id}`);
    this.#note(`trouble:${['full', 'away', 'sync fails', 'sync hangs'][kind]}`);
  }

  #isWell(kv: JournaledKv): boolean {
    const { places, readOnly, isFull } = kv.journalStatus();
    return readOnly === undefined && !isFull && places.every(({ state }) => state === 'ok');
  }

  async #changeSet(kv: JournaledKv): Promise<void> {
    const members = shuffled(this.#random, [...this.#disks.keys()]).slice(0, pick(this.#random, [1, 3, 3, 4]));
    this.#set = undefined;
    try {
      await kv.changeJournals(members.map((id) => this.#place(id, this.#time.clock().clock)));
      this.#set = members;
      this.#note('set changed');
    } catch (error) {
      ensure(isCopysetError(error), `change of the set: ${String(error)}`);
      this.#note(`set:${error.code}`);
    }
    this.#trace(`set ${this.#set?.join() ?? 'unknown'}`);
  }

  /** All disks work again; then all must become well by itself. */
  async #recuperate({ kv }: Life): Promise<void> {
    const endMs = this.#time.nowMs + patienceMs;
    for (this.#healAll(); !this.#isWell(kv); this.#healAll()) {
      await this.#time.step();
      this.#throwViolation();
      ensure(this.#time.nowMs < endMs, `it does not heal: ${JSON.stringify(kv.journalStatus())}`);
    }
    this.#wounded.clear();
    this.#set = kv.journalStatus().members;
    for (const id of this.#set) if (this.#chance(0.5)) this.#copies.set(id, await this.#disk(id).copy());
    this.#note('well');
  }

  async #end({ kv, stop }: Life): Promise<void> {
    const kind = pick(this.#random, ['close', 'crash', 'crash', 'power cut', 'power cut'] as const);
    const reasons = kv.journalStatus().places.map(({ reason }) => reason ?? '');
    ensure(!reasons.some((reason) => reason.includes('assertion')), reasons.join());
    this.#note(kind);
    this.#trace(kind);
    if (kind === 'close') {
      this.#healAll();
      await this.#time.until(kv.close(), patienceMs);
    }
    stop();
    this.#file = this.#file.clone(); // what still runs of the dead process does not see what comes after it
    for (const disk of this.#disks.values()) {
      if (kind === 'power cut') disk.powerCut(this.#random);
      else disk.crash();
    }
    if (kind === 'power cut') this.#file.rollbackTo(pick(this.#random, this.#file.survivingRevisions));
    this.#bringBack();
  }

  /** What went away and was not struck is there at the next start. */
  #bringBack(): void {
    for (const [id, disk] of this.#disks) {
      const staysAway = disk.isAway && this.#wounded.has(id);
      disk.heal();
      if (staysAway) disk.goAway();
    }
  }

  /** While nobody looks: a minority of the members, and any other disk. */
  async #strike(): Promise<void> {
    if (this.#chance(0.2)) {
      this.#file = this.#newFile();
      this.#trace('the catalog is lost');
      this.#note('wound:catalog');
    }
    const set = this.#set;
    if (set === undefined) return;
    const budget = set.length - writeQuorum(set.length);
    for (const id of shuffled(this.#random, [...this.#disks.keys()])) {
      const isMember = set.includes(id);
      if (isMember && !this.#wounded.has(id) && this.#wounded.size >= budget) continue;
      if (!this.#chance(0.35)) continue;
      if (isMember) this.#wounded.add(id);
      await this.#wound(id);
    }
  }

  async #wound(id: VolumeId): Promise<void> {
    const disk = this.#disk(id);
    const old = this.#copies.get(id);
    const kind = this.#random.integer(5);
    const isLogOrSnapshot = (name: string) => name.startsWith('log-') || name.startsWith('snapshot-');
    if (kind === 0) await disk.replace(new Map());
    else if (kind === 1) disk.goAway();
    else if (kind === 2 && old !== undefined) await disk.replace(old);
    else await disk.corrupt(this.#random, (names) => shuffled(this.#random, names.filter(isLogOrSnapshot))[0]);
    const what = ['lost', 'away', old === undefined ? 'damaged' : 'old copy', 'damaged', 'damaged'][kind];
    this.#trace(`${what} ${id}`);
    this.#note(`wound:${what}`);
  }

  async #checkJournals({ kv }: Life): Promise<void> {
    const { members } = kv.journalStatus();
    const { revision } = await kv.status();
    for (const { id, state, revision: held, problems } of await this.#time.until(kv.verifyJournals(), patienceMs)) {
      if (!members.includes(id)) continue;
      ensure(
        state === 'intact' && held === revision,
        `journal ${id} is ${state} at ${held}: ${JSON.stringify(problems)}`,
      );
    }
  }

  #healAll(): void {
    for (const disk of this.#disks.values()) {
      this.#pauseFaults(disk);
      disk.heal();
    }
  }

  #pauseFaults(disk: SimulatedDisk): void {
    const { isAway } = disk;
    disk.heal();
    if (isAway) disk.goAway();
  }

  #resumeFaults(): void {
    for (const disk of this.#disks.values()) disk.schedule.resume();
  }

  #place(id: VolumeId, clock: ReturnType<VirtualTime['clock']>['clock']): JournalPlace {
    return { id, disk: this.#disk(id).mount(clock), domain: id };
  }

  #disk(id: VolumeId): SimulatedDisk {
    const disk = this.#disks.get(id);
    ensure(disk !== undefined, `there is no disk ${id}`);
    return disk;
  }

  #newFile(): MemoryKvFile {
    return new MemoryKvFile(newId(this.#random));
  }

  #chance(rate: number): boolean {
    return this.#random.float() < rate;
  }

  #note(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  #throwViolation(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }
}

function explain(error: unknown): string {
  return error instanceof Error && error.cause !== undefined
    ? `${error.message} < ${explain(error.cause)}`
    : String(error);
}
