/**
 * Why: somebody looks at every volume, all the time: whether its path still leads to it, whether it answers, whether a
 * sync failed. The decision when it is lost is core/volume-health.ts; what follows is a new layout, and repair does the
 * rest.
 */
import { deadline } from '../../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { Log } from '../../observe/log.ts';
import { setVolumeState } from '../../replica/change-volumes.ts';
import {
  type CheckResult,
  type HealthRule,
  onVolumeCheck,
  type VolumeHealth,
} from '../../replica/core/volume-health.ts';
import type { Member } from '../../replica/members.ts';
import type { Site } from '../site.ts';

export type KeeperOptions = {
  readonly site: Site;
  readonly log: Log;
  readonly rule: HealthRule;
  /** The layout changed: there is work for repair. */
  readonly onLayoutChange: () => void;
  /** It is not open yet, though its path leads to it. */
  readonly isOpening?: (id: VolumeId) => boolean;
  /** Nothing is read from a lost volume any more. */
  readonly onLost: (id: VolumeId) => Promise<void>;
};

const checkTimeoutMs = 2_000;

const well: VolumeHealth = { state: 'ok', sinceMs: 0 };

type Seen = { readonly health: VolumeHealth; readonly addedAtMs: number };

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #seen = new Map<VolumeId, Seen>();
  /** How retired volumes are, apart from that. */
  readonly #retired = new Map<VolumeId, VolumeHealth>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** A volume that was given up and is added again begins anew. */
  healthOf(id: VolumeId): VolumeHealth {
    const seen = this.#seen.get(id);
    const addedAtMs = this.#options.site.members.get(id)?.entry.addedAtMs;
    return seen === undefined || seen.addedAtMs !== addedAtMs ? well : seen.health;
  }

  /** One look at every volume that holds blocks, or may still give some. */
  async round(signal: AbortSignal): Promise<void> {
    const { members } = this.#options.site;
    const retired = members.all().filter(({ entry, volume }) => entry.state === 'retired' && volume !== undefined);
    await Promise.all([
      ...members.holding().map((member) => this.look(member, signal)),
      ...retired.map((member) => this.#lookAtRetired(member, signal)),
    ]);
  }

  /** Also for `status`, which must not tell yesterday's state. */
  async look(member: Member, signal: AbortSignal): Promise<VolumeHealth> {
    const { site, rule, log } = this.#options;
    const { id } = member.entry;
    const result = await this.#check(member, signal);
    const before = this.healthOf(id);
    const after = onVolumeCheck(rule, before, { result, atMs: site.repair.clock.monotonicMs() });
    this.#seen.set(id, { health: after, addedAtMs: member.entry.addedAtMs });
    member.isSilent = after.state === 'silent' || after.state === 'gone';
    if (after.state !== 'ok') member.suspect = true;
    if (after.state !== before.state)
      log.warn('a volume changed its state', { volume: id, from: before.state, to: after.state });
    const ended = (after.state === 'lost' || after.state === 'retired') && member.entry.state !== after.state;
    if (ended) await this.#giveUp(member, after.state as 'lost' | 'retired', signal);
    return after;
  }

  /** A copy on it may be the last one; but when it is gone or hangs for longer than its grace, it holds up nobody. */
  async #lookAtRetired(member: Member, signal: AbortSignal): Promise<void> {
    const { site, rule, onLost } = this.#options;
    const { id } = member.entry;
    const result = await this.#check(member, signal);
    const before = this.#retired.get(id) ?? well;
    const seen = { result: result === 'retired' ? 'ok' : result, atMs: site.repair.clock.monotonicMs() } as const;
    const after = onVolumeCheck(rule, before, seen);
    this.#retired.set(id, after);
    member.isSilent = after.state !== 'ok';
    if (after.state === 'lost') this.#letGo(member, onLost);
  }

  async #check(member: Member, signal: AbortSignal): Promise<CheckResult> {
    const { clock } = this.#options.site.repair;
    if (member.volume === undefined) return this.#options.isOpening?.(member.entry.id) ? 'silent' : 'gone';
    using limit = deadline(clock, checkTimeoutMs, 'the check of a volume', { signal });
    try {
      await member.volume.check(limit);
      return 'ok';
    } catch (error) {
      if (signal.aborted) throw error;
      if (isCopysetError(error, 'volume.retired')) return 'retired';
      return isCopysetError(error, 'volume.gone') ? 'gone' : 'silent';
    }
  }

  async #giveUp(member: Member, state: 'lost' | 'retired', signal: AbortSignal): Promise<void> {
    const { site, log, onLayoutChange, onLost } = this.#options;
    const reason =
      state === 'lost'
        ? 'its path or identity was gone, or it did not answer, for longer than its grace'
        : 'a sync failed';
    try {
      const layouts = await setVolumeState(site.repair.kv, member.entry.id, { state, reason }, { signal });
      member.entry = { ...member.entry, state, reason };
      if (state === 'lost') this.#letGo(member, onLost);
      await Promise.all(layouts.map(({ classId }) => site.layouts.refresh(classId, { signal })));
      log.error('a volume was given up; its blocks are made anew elsewhere', {
        volume: member.entry.id,
        path: member.entry.path,
        reason,
      });
      onLayoutChange();
    } catch (thrown) {
      const error = toCopysetError(thrown);
      if (signal.aborted) throw error;
      throw new CopysetError(
        error.code,
        `volume ${member.entry.id} is ${state}, and that could not be recorded: ${error.message}`,
        { cause: error },
      );
    }
  }

  /** Its device may hang: letting go is not waited for. */
  #letGo(member: Member, onLost: (id: VolumeId) => Promise<void>): void {
    member.volume = undefined;
    onLost(member.entry.id).catch((error: unknown) =>
      this.#options.log.warn('a lost volume could not be closed', { volume: member.entry.id, error }),
    );
  }
}
