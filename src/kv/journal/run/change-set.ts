/**
 * Why: journals come and go while the store serves. New ones hold everything before they count; the change is a
 * record that a write quorum of the old and of the new set has, so that no start can see either set and miss what the
 * other committed.
 */
import { raceAbort } from '../../../base/async/abort.ts';
import { deadline } from '../../../base/clock.ts';
import { CopysetError } from '../../../base/errors.ts';
import type { VolumeId } from '../../../base/ids.ts';
import { sameMembers } from '../core/journal-set.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import type { JournalGroup } from './group.ts';
import { type Member, whyNot } from './member.ts';
import type { JournalService } from './service.ts';
import { copyAnew } from './tend.ts';

/** Resolves when `places` are the set and a write quorum of them knows that the change is committed. */
export async function changeSet(service: JournalService, places: readonly JournalPlace[]): Promise<void> {
  const { group } = service;
  checkPlaces(places);
  const ids = places.map(({ id }) => id);
  if (sameMembers(ids, group.set.members)) return;
  const learners = places.filter(({ id }) => !group.set.members.includes(id));
  service.addPlaces(learners);
  let isBegun = false;
  try {
    const members = learners.map((place) => group.member(place));
    await allSucceed(members.map((member) => learn(service, member)));
    await service.inTurn(async () => {
      refuseStrayed(group, members);
      isBegun = true;
      await write(group, ids);
    });
  } catch (error) {
    if (!isBegun) group.keepOnly(group.set.members, { erase: true }); // else a recovery knows who counts
    throw error;
  }
  service.keepPlaces(places);
  group.keepOnly(ids, { erase: true });
}

function checkPlaces(places: readonly JournalPlace[]): void {
  const ids = new Set(places.map(({ id }) => id));
  const domains = new Set(places.map(({ domain }) => domain));
  if (places.length > 0 && ids.size === places.length && domains.size === places.length) return;
  throw new CopysetError('request.invalid', 'a set of journals has at least one, each in a failure domain of its own');
}

async function learn(service: JournalService, member: Member): Promise<void> {
  const { clock, limits, stopping } = service.context;
  using limit = deadline(clock, limits.copyTimeoutMs, `filling the journal in ${member.place.disk.root}`, {
    signal: stopping,
  });
  await raceAbort(copyAnew(service, member, { isForeign: true }), limit.signal);
  if (member.state !== 'ok') throw whyNot(member);
}

/** Rejects as `Promise.all`, but not before all have settled: those that go on must not be cleared away. */
async function allSucceed(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** A recovery since they learned left them out. */
function refuseStrayed(group: JournalGroup, members: readonly Member[]): void {
  const strayed = members.find((member) => member.state !== 'ok' || group.members.get(member.id) !== member);
  if (strayed !== undefined) throw whyNot(strayed);
}

async function write(group: JournalGroup, members: readonly VolumeId[]): Promise<void> {
  const before = group.set;
  const set = { number: before.number + 1, members };
  group.changeSets([before, set]);
  await group.append({ kind: 'set', set });
  group.changeSets([set]);
  await group.append({ kind: 'batch', changes: [] });
}
