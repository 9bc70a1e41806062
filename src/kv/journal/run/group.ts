/**
 * Why: the journals of a store as one log. A record is committed when the write quorum of every set in force has it
 * synced; who is not part of that quorum is not waited for.
 */
import { assert } from '../../../base/assert.ts';
import { raceAbort } from '../../../base/async/abort.ts';
import { type Clock, deadline } from '../../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../../base/errors.ts';
import type { StoreId, VolumeId } from '../../../base/ids.ts';
import { canWrite, type JournalSet, membersOf } from '../core/journal-set.ts';
import type { Point, Term } from '../core/point.ts';
import { type Content, encodeRecord } from '../format/record.ts';
import type { JournalLimits } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { Member, type MemberHost } from './member.ts';

/** Where the log stands: who may write what next. */
export type LogPosition = {
  readonly term: Term;
  readonly head: Point;
  readonly committed: number;
  /** Those in force: two while a change of the set is under way. */
  readonly sets: readonly JournalSet[];
};

export type GroupOptions = {
  readonly clock: Clock;
  readonly storeId: StoreId;
  readonly limits: JournalLimits;
  /** Ends every wait. */
  readonly stopping: AbortSignal;
};

export class JournalGroup {
  readonly members = new Map<VolumeId, Member>();
  readonly #options: GroupOptions;
  #position: LogPosition | undefined;
  #inDoubt = false;
  readonly #leaving = new Set<Promise<void>>();
  #changed = Promise.withResolvers<void>();

  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /** Undefined until a recovery told it. */
  get position(): LogPosition | undefined {
    return this.#position;
  }

  /** The newest set that is known to be committed. */
  get set(): JournalSet {
    const set = this.#position?.sets[0];
    assert(set !== undefined, 'the set of journals is known');
    return set;
  }

  /** A record was written of which nobody knows whether it is committed: a recovery must decide. */
  get inDoubt(): boolean {
    return this.#inDoubt;
  }

  /** From here the log goes on. */
  goOnFrom(position: LogPosition): void {
    this.#position = position;
    this.#inDoubt = false;
  }

  /** Who has to have the next records. */
  changeSets(sets: readonly JournalSet[]): void {
    assert(this.#position !== undefined, 'a recovery came before the first change');
    this.#position = { ...this.#position, sets };
  }

  /** The member at this place, made when there is none. */
  member(place: JournalPlace): Member {
    const { clock, limits, storeId } = this.#options;
    const host: MemberHost = {
      clock,
      limits,
      storeId,
      currentSet: () => this.set,
      changed: () => this.#notify(),
    };
    const member = this.members.get(place.id) ?? new Member(place, host);
    this.members.set(place.id, member);
    return member;
  }

  /**
   * Writes one record to all members; resolves when it is committed. After a rejection it may survive in some of them:
   * nothing more may be appended before a recovery decided about it.
   */
  async append(content: Content): Promise<Point> {
    const position = this.#position;
    assert(position !== undefined && !this.#inDoubt, 'a recovery came before the record');
    const { head, term, committed } = position;
    const record = encodeRecord({ storeId: this.#options.storeId, previous: head, term, committed, content });
    this.#inDoubt = true;
    for (const member of this.members.values()) member.append(record);
    await this.reached(record.point.sequence);
    this.#position = { ...position, head: record.point, committed: record.point.sequence };
    this.#inDoubt = false;
    return record.point;
  }

  /**
   * Resolves when a write quorum of each set in force is synced up to `sequence`; rejects when that cannot be, or
   * takes too long.
   */
  async reached(sequence: number, timeoutMs = this.#options.limits.syncTimeoutMs): Promise<void> {
    using limit = deadline(this.#options.clock, timeoutMs, 'syncing the journals', { signal: this.#options.stopping });
    for (;;) {
      if (this.#haveQuorum((member) => (member.synced?.sequence ?? -1) >= sequence)) return;
      if (!this.#haveQuorum((member) => member.isActive)) throw this.#quorumLost();
      await raceAbort(this.#changed.promise, limit.signal);
    }
  }

  /** Whether a write quorum of each set in force is among those of whom `has` is true. */
  #haveQuorum(has: (member: Member) => boolean): boolean {
    const sets = this.#position?.sets ?? [];
    return sets.every((set) =>
      canWrite(set, (id) => [this.members.get(id)].some((one) => one !== undefined && has(one))),
    );
  }

  /** Whether fewer than a write quorum could still give back room when the disk fills up. */
  get isFull(): boolean {
    if (this.#options.limits.reserveBytes === 0) return false;
    return !this.#haveQuorum((member) => member.state === 'ok' && member.opened?.hasReserve === true);
  }

  /** What every healthy member has a snapshot of; undefined while too few are healthy to forget anything. */
  get coveredByAll(): number | undefined {
    const healthy = membersOf(this.#position?.sets ?? []).flatMap((id) => {
      const member = this.members.get(id);
      return member?.state === 'ok' ? [member.opened?.base ?? 0] : [];
    });
    return this.#haveQuorum(({ state }) => state === 'ok') ? Math.min(...healthy) : undefined;
  }

  /** Those that are not among `ids` take no part any more. They let go at their own pace. */
  keepOnly(ids: readonly VolumeId[], options: { readonly erase?: boolean } = {}): void {
    for (const member of this.members.values()) {
      if (ids.includes(member.id)) continue;
      this.members.delete(member.id);
      const leaving = member.close(options).finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
    }
  }

  /** Lets go of all journals; one whose disk hangs is not waited for and lets go when its disk comes back. */
  async close(): Promise<void> {
    this.keepOnly([]);
    using limit = deadline(this.#options.clock, this.#options.limits.syncTimeoutMs, 'closing the journals');
    try {
      await raceAbort(Promise.allSettled(this.#leaving), limit.signal);
    } catch (error) {
      if (!isCopysetError(error, 'timeout')) throw error;
    }
  }

  #quorumLost(): CopysetError {
    const errors = [...this.members.values()].flatMap(({ error }) => error ?? []);
    const isFull = errors.some((error) => isCopysetError(error, 'disk.full'));
    const cause = errors[0];
    return new CopysetError(isFull ? 'disk.full' : 'read_only', 'too few journals can be written', { cause });
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
