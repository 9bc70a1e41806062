/** Why: what `status` and `volume ls` say of a volume is looked up now, not remembered from the last round. */

import type { VolumeState, VolumeStatus } from '../../admin/contract.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import { deadline } from '../../base/clock.ts';
import type { VolumeId } from '../../base/ids.ts';
import { replicaClasses } from '../../replica/change-volumes.ts';
import type { VolumeHealth } from '../../replica/core/volume-health.ts';
import type { Member } from '../../replica/members.ts';
import type { VolumeUsage } from '../../volume/volume.ts';
import type { Keeper } from '../duties/keeper.ts';
import type { Site } from '../site.ts';

const askTimeoutMs = 2_000;
const noUsage = { liveBytes: 0, usedBytes: 0, freeBytes: 0 };

export async function volumeStatus(site: Site, keeper: Keeper, member: Member): Promise<VolumeStatus> {
  using limit = deadline(site.repair.clock, askTimeoutMs, 'the state of a volume');
  const { entry } = member;
  const health =
    entry.state === 'active' || entry.state === 'draining'
      ? await keeper.look(member, limit.signal).catch(silent)
      : keeper.healthOf(entry.id);
  const usage = await usageOf(member, limit);
  const drained = entry.state === 'draining' && !(await isPlacedOn(site, entry.id, limit));
  const state = drained ? 'drained' : stateOf(member, health, usage);
  const reason = reasonOf(member, state);
  return {
    id: entry.id,
    path: entry.path,
    domain: entry.domain.join('/'),
    weight: entry.weight,
    state,
    ...(reason === undefined ? {} : { reason }),
    ...usage,
  };
}

/** Of a volume that does not tell: what is known without it. */
async function usageOf({ volume }: Member, options: CallOptions): Promise<VolumeUsage> {
  const known = { ...noUsage, blocks: volume?.blocks ?? 0 };
  return (await volume?.usage(options).catch(() => known)) ?? known;
}

/** Some partition has a copy there, or is still on its way from there. */
async function isPlacedOn({ layouts }: Site, id: VolumeId, options: CallOptions): Promise<boolean> {
  const all = await Promise.all(replicaClasses.map((classId) => layouts.current(classId, options)));
  const uses = (sets: Iterable<readonly VolumeId[]>) => Iterator.from(sets).some((set) => set.includes(id));
  return all.some(({ copysets, moving }) => uses(copysets) || uses(moving.values()));
}

function silent(): VolumeHealth {
  return { state: 'silent', sinceMs: 0 };
}

function stateOf({ entry }: Member, health: VolumeHealth, usage: VolumeUsage): VolumeState {
  if (entry.state === 'retired' || entry.state === 'lost') return 'retired';
  if (health.state === 'gone' || health.state === 'lost') return 'gone';
  if (health.state === 'silent') return 'suspect';
  if (entry.state === 'draining') return 'draining';
  return usage.freeBytes <= 0 ? 'full' : 'active';
}

function reasonOf({ entry }: Member, state: VolumeState): string | undefined {
  const reasons: Partial<Record<VolumeState, string>> = {
    full: 'no space is left for new blocks; reads and deletes go on',
    suspect: 'it does not answer',
    gone: 'its path or identity is missing; it is replaced when its grace ends',
    drained: 'nothing on it is needed any more; it may be removed',
  };
  return reasons[state] ?? entry.reason;
}
