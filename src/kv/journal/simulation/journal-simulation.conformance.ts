/**
 * Why: whether a commit that was acknowledged survives is shown over the code that ships, in many lives of one store:
 * each begins with a recovery, perhaps with several that do not come to their end, works while disks fail, and ends in
 * a crash, a power cut or a close, after which up to a minority of the journals is lost, goes away, is damaged or
 * replaced by an old copy, and the catalog itself may be lost. With more than a minority it must refuse.
 */
import { isCopysetError } from '../../../base/errors.ts';
import { FaultSchedule } from '../../../base/fault-schedule.ts';
import { newId, type StoreId, type VolumeId } from '../../../base/ids.ts';
import { pick, type Random, seededRandom, shuffled } from '../../../base/random.ts';
import { withStagingKvFaults } from '../../faults/faulty-kv.ts';
import { MemoryKv } from '../../memory/memory-kv.ts';
import { MemoryKvFile } from '../../memory/memory-kv-file.ts';
import { readQuorum, writeQuorum } from '../core/journal-set.ts';
import { type JournaledKv, openJournaledKv } from '../journaled-kv.ts';
import { catalogRates, limits } from './bounds.conformance.ts';
import { ensure, HistoryModel } from './history-model.conformance.ts';
import type { DiskLies } from './simulated-disk.conformance.ts';
import { SimulatedFleet } from './simulated-fleet.conformance.ts';
import { VirtualTime } from './virtual-clock.conformance.ts';

export type SimulationOptions = {
  readonly seed: number;
  /** Commits in one life, at most. */
  readonly operations: number;
  readonly lies?: DiskLies;
  readonly trace?: (line: string) => void;
};

const patienceMs = 600_000;

type Life = { readonly kv: JournaledKv; readonly stop: () => void };
type Attempt = { readonly opening: Promise<JournaledKv>; readonly stop: () => void };

export class Simulation {
  /** How often each thing happened. */
  readonly counts: Record<string, number> = {};
  readonly #model = new HistoryModel();
  readonly #random: Random;
  readonly #trace: (line: string) => void;
  readonly #operations: number;
  readonly #time = new VirtualTime();
  readonly #storeId: StoreId;
  readonly #fleet: SimulatedFleet;
  readonly #catalog: FaultSchedule;
  /** Undefined while nobody knows. */
  #set: readonly VolumeId[] | undefined;
  /** The sets that are under way in this life. */
  readonly #changing = new Set<readonly VolumeId[]>();
  #file: MemoryKvFile;
  #wasOpen = false;
  #violation: Error | undefined;

  constructor({ seed, operations, lies = {}, trace = () => undefined }: SimulationOptions) {
    this.#random = seededRandom(seed);
    this.#trace = trace;
    this.#operations = operations;
    this.#storeId = newId(this.#random);
    this.#file = this.#newFile();
    const note = (what: string, id: VolumeId) => this.#note(what, ` ${id}`);
    this.#fleet = new SimulatedFleet(6, { random: this.#random, seed, lies, note });
    this.#catalog = new FaultSchedule({ seed, rates: catalogRates });
    this.#set = this.#fleet.ids.slice(0, pick(this.#random, [1, 1, 3, 3, 3, 4, 5]));
  }

  async run(lives: number): Promise<void> {
    for (let at = 0; at < lives; at++) {
      const life = await this.#begin();
      await this.#work(life);
      if (this.#chance(0.4)) await this.#recuperate(life);
      if (this.#mayRot(life) && this.#chance(0.5)) await this.#rot(life);
      await this.#end(life);
      await this.#strike();
    }
    this.#healAll();
    const last = await this.#begin();
    await this.#recuperate(last);
    await this.#checkJournals(last);
    await this.#tearCatchingUp(last);
    const torn = await this.#begin();
    this.#healAll();
    await this.#time.until(torn.kv.close(), patienceMs);
  }

  /** Power is cut while a member that was behind writes many records under one sync: their tail is torn anyhow. */
  async #tearCatchingUp(life: Life): Promise<void> {
    const { members } = life.kv.journalStatus();
    const id = pick(this.#random, members);
    this.#fleet.lag(id);
    for (let count = 0; count < 12; count++) {
      // What is on its way when the power is cut never ends.
      this.#commit(life.kv).catch((error: Error) => {
        this.#violation ??= error;
      });
      await this.#time.pass();
    }
    this.#fleet.catchUp(id);
    await this.#time.pass();
    this.#kill('power cut', life.stop);
    this.#throwViolation();
    const intact = await this.#fleet.intact(this.#storeId);
    const damaged = members.filter((member) => !intact.includes(member));
    ensure(damaged.length === 0, `a torn tail counts as damage of ${damaged.join()}`);
    this.#note('torn');
  }

  async #begin(): Promise<Life> {
    while (this.#chance(0.3)) await this.#dieInRecovery();
    if (this.#wasOpen && this.#fleet.wounded.size === 0) {
      if (this.#chance(0.3)) await this.#refuseTooFew();
      if (this.#chance(0.3)) await this.#refuseDamage();
    }
    if (this.#chance(0.5)) this.#resumeFaults();
    return this.#open();
  }

  /** It may take several attempts while disks fail, and must succeed once they do not. */
  async #open(): Promise<Life> {
    for (let attempt = 0; ; attempt++) {
      if (attempt === 4) this.#pauseFaults();
      try {
        const life = await this.#openOnce(this.#file);
        const { term, revision } = life.kv.journalStatus();
        this.#note('open', ` in term ${term} at revision ${revision}`);
        if (!this.#wasOpen) this.#noteUnmade(life.kv);
        this.#wasOpen = true;
        await this.#model.check(life.kv);
        return life;
      } catch (error) {
        ensure(attempt < 6 && isCopysetError(error), `the store does not open: ${explain(error)}`);
        this.#note(`open:${error.code}`, ` ${explain(error)}`);
        await this.#time.until(this.#time.clock().clock.sleep(500), patienceMs);
      }
    }
  }

  /** A first start that was interrupted may leave a member that was never made: it has nothing to count on yet. */
  #noteUnmade(kv: JournaledKv): void {
    for (const { id, state } of kv.journalStatus().places) if (state !== 'ok') this.#fleet.wounded.add(id);
  }

  async #openOnce(file: MemoryKvFile): Promise<Life> {
    const { opening, stop } = this.#attempt(file);
    try {
      return { kv: await this.#time.until(opening, patienceMs), stop };
    } catch (error) {
      stop();
      throw error;
    }
  }

  #attempt(file: MemoryKvFile): Attempt {
    const { clock, stop } = this.#time.clock();
    const random = this.#random;
    const inner = withStagingKvFaults(new MemoryKv({ random, file }), { schedule: this.#catalog, clock });
    const ids = this.#wasOpen ? this.#fleet.ids : (this.#set ?? []);
    const journals = ids.map((id) => this.#fleet.place(id, clock));
    return { opening: openJournaledKv({ inner, journals, storeId: this.#storeId, clock, random, limits }), stop };
  }

  /** A start, with disks away, that is killed at any moment. Any may be away, unless others have lost something. */
  async #dieInRecovery(): Promise<void> {
    const isWhole = this.#fleet.wounded.size === 0;
    const away = this.#fleet.ids.filter((id) => this.#chance(0.25) && (isWhole || this.#set?.includes(id) === false));
    this.#fleet.takeAway(away);
    const { opening, stop } = this.#attempt(this.#file);
    opening.catch(() => undefined);
    for (let steps = this.#random.integer(40); steps > 0; steps--) await this.#time.step();
    this.#kill(pick(this.#random, ['crash', 'power cut']), stop);
    this.#note('died in recovery');
  }

  /** With too few journals there it must refuse, and name those that would help. */
  async #refuseTooFew(): Promise<void> {
    const set = this.#set ?? [];
    if (set.length < 3) return; // without its only journal an old copy of an earlier set is all there is
    const taken = shuffled(this.#random, set).slice(0, set.length - writeQuorum(set.length) + 1);
    this.#pauseFaults();
    this.#fleet.takeAway(taken);
    const refusal = await this.#refusal(this.#file);
    this.#fleet.bringBack();
    ensure(isCopysetError(refusal, 'journal.missing'), `without ${taken.join()} it says ${String(refusal)}`);
    const { needed } = refusal.details;
    const namesAll = Array.isArray(needed) && taken.every((id) => needed.includes(id));
    ensure(namesAll, `it asks for ${String(needed)}, not ${taken.join()}`);
    this.#note('refused');
  }

  /** With too many damaged, and no catalog, it must refuse or show all there was. */
  async #refuseDamage(): Promise<void> {
    const set = this.#set ?? [];
    if (set.length === 0) return;
    this.#pauseFaults();
    const undo = await this.#fleet.damage(
      shuffled(this.#random, set).slice(0, set.length - readQuorum(set.length) + 1),
    );
    const forget = this.#model.mark();
    const refusal = await this.#refusal(this.#newFile());
    await undo();
    forget();
    this.#note(refusal === undefined ? 'damage healed' : 'damage refused');
  }

  /** Why it does not open; undefined when it does, with all there was. */
  async #refusal(file: MemoryKvFile): Promise<unknown> {
    try {
      const { kv, stop } = await this.#openOnce(file);
      await this.#model.check(kv);
      stop();
      return undefined;
    } catch (error) {
      if (!isCopysetError(error)) throw error;
      return error;
    }
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
    for (let count = this.#random.integer(this.#operations + 1); count > 0; count--) {
      watch(this.#commit(kv));
      if (this.#chance(0.05)) await this.#fleet.trouble();
      if (this.#chance(0.05)) this.#pauseFaults();
      if (this.#chance(0.02)) this.#resumeFaults();
      if (this.#chance(0.04) && this.#fleet.wounded.size === 0 && isWell(kv)) watch(this.#changeSet(kv));
      if (this.#chance(0.03)) watch(this.#scrub(kv));
      if (this.#chance(0.2)) await this.#time.until(this.#model.checkOne(kv, this.#random), 1000);
      for (let steps = this.#random.integer(8); steps > 0; steps--) await this.#time.step();
      this.#throwViolation();
    }
    if (this.#chance(0.5)) await this.#time.until(Promise.all(pending), patienceMs);
    this.#throwViolation();
  }

  async #commit(kv: JournaledKv): Promise<void> {
    const value = this.#random.bytes(this.#random.integer(this.#chance(0.1) ? 2000 : 100));
    const { id, commit } = this.#model.begin(value, { deletes: this.#chance(0.3), impossible: this.#chance(0.05) });
    try {
      const result = await kv.commit(commit);
      if (result.committed) this.#model.acknowledge(id, result.revision);
      else this.#model.fail(id);
      this.#note(result.committed ? 'acknowledged' : 'expectation failed');
    } catch (error) {
      const code = isCopysetError(error) ? error.code : String(error);
      this.#note(`commit:${code}`);
      if (['read_only', 'disk.full', 'kv.unreachable', 'busy'].includes(code)) this.#model.fail(id);
      else ensure(['kv.unknown_outcome', 'closed'].includes(code), `operation ${id}: ${String(error)}`);
    }
  }

  async #changeSet(kv: JournaledKv): Promise<void> {
    const members = shuffled(this.#random, this.#fleet.ids).slice(0, pick(this.#random, [1, 3, 3, 4]));
    const places = members.map((id) => this.#fleet.place(id, this.#time.clock().clock));
    this.#set = undefined;
    this.#changing.add(members);
    try {
      await kv.changeJournals(places);
      if (this.#changing.has(members)) this.#set = members;
      this.#note('set changed', ` to ${members.join()}`);
    } catch (error) {
      ensure(isCopysetError(error), `change of the set: ${String(error)}`);
      this.#note(`set:${error.code}`);
    } finally {
      this.#changing.delete(members);
    }
  }

  /** So many may rot only while nothing else is wrong. */
  #mayRot({ kv }: Life): boolean {
    return this.#set !== undefined && isWell(kv) && this.#fleet.areCalm(this.#set);
  }

  /** Journals rot while they are written, at times all of them: what a scrub finds is healed before anything else. */
  async #rot(life: Life): Promise<void> {
    this.#healAll();
    await this.#fleet.rot(life.kv.journalStatus().members);
    const commits = Array.from({ length: this.#random.integer(4) }, () => this.#commit(life.kv));
    await this.#time.until(Promise.all([this.#scrub(life.kv), ...commits]), patienceMs);
    await this.#time.until(this.#scrub(life.kv), patienceMs); // what was being written while it rotted
    await this.#recuperate(life);
    for (const { id, state, problems } of await this.#time.until(life.kv.verifyJournals(), patienceMs)) {
      ensure(state === 'intact' && problems.length === 0, `journal ${id} is ${state}: ${JSON.stringify(problems)}`);
    }
  }

  async #scrub(kv: JournaledKv): Promise<void> {
    try {
      const scrubs = await kv.scrubJournals({ bytesPerSecond: 100_000 });
      for (const { outcome, id, problems } of scrubs)
        this.#note(`scrub:${outcome}`, ` ${id} ${JSON.stringify(problems)}`);
    } catch (error) {
      ensure(isCopysetError(error, 'closed'), `the scrub: ${String(error)}`);
    }
  }

  /** All disks work again; then all must become well by itself, and a change of the set come to its end. */
  async #recuperate({ kv }: Life): Promise<void> {
    const endMs = this.#time.nowMs + patienceMs;
    for (this.#healAll(); !isWell(kv) || this.#changing.size > 0; this.#healAll()) {
      await this.#time.step();
      this.#throwViolation();
      ensure(this.#time.nowMs < endMs, `it does not heal: ${JSON.stringify(kv.journalStatus())}`);
    }
    this.#set = kv.journalStatus().members;
    await this.#fleet.beWell(this.#set);
    this.#note('well');
  }

  async #end({ kv, stop }: Life): Promise<void> {
    const kind = pick(this.#random, ['close', 'crash', 'crash', 'power cut', 'power cut'] as const);
    const reasons = kv.journalStatus().places.map(({ reason }) => reason ?? '');
    ensure(!reasons.some((reason) => reason.includes('assertion')), reasons.join());
    this.#note(kind);
    if (kind === 'close') {
      this.#healAll();
      await this.#time.until(kv.close(), patienceMs);
    }
    this.#kill(kind === 'close' ? 'crash' : kind, stop);
  }

  #kill(kind: 'crash' | 'power cut', stop: () => void): void {
    stop();
    this.#changing.clear();
    this.#file = this.#file.clone(); // what still runs of the dead process does not see what comes after it
    this.#fleet.die(kind);
    if (kind === 'power cut') this.#file.rollbackTo(pick(this.#random, this.#file.survivingRevisions));
    this.#fleet.bringBack();
  }

  async #strike(): Promise<void> {
    if (this.#chance(0.2)) {
      this.#file = this.#newFile();
      this.#note('wound:catalog');
    }
    if (this.#set !== undefined) await this.#fleet.strike(this.#set);
  }

  async #checkJournals({ kv }: Life): Promise<void> {
    const { members } = kv.journalStatus();
    const { revision } = await kv.status();
    const verified = await this.#time.until(kv.verifyJournals(), patienceMs);
    for (const { id, state, revision: held, problems } of verified.filter((one) => members.includes(one.id))) {
      const isWhole = state === 'intact' && held === revision;
      ensure(isWhole, `journal ${id} is ${state} at ${held}: ${JSON.stringify(problems)}`);
    }
  }

  #resumeFaults(): void {
    this.#fleet.resumeFaults();
    this.#catalog.resume();
  }

  #pauseFaults(): void {
    this.#fleet.pauseFaults();
    this.#catalog.pause();
  }

  #healAll(): void {
    this.#fleet.healAll();
    this.#catalog.pause();
  }

  #newFile(): MemoryKvFile {
    return new MemoryKvFile(newId(this.#random));
  }

  #chance(rate: number): boolean {
    return this.#random.float() < rate;
  }

  #note(what: string, detail = ''): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    this.#trace(`${this.#time.nowMs.toFixed(1)} ms: ${what}${detail}`);
  }

  #throwViolation(): void {
    if (this.#violation !== undefined) throw this.#violation;
  }
}

function isWell(kv: JournaledKv): boolean {
  const { places, readOnly, isFull } = kv.journalStatus();
  return readOnly === undefined && !isFull && places.every(({ state, damage }) => state === 'ok' && !damage);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} < ${explain(error.cause)}`;
}
