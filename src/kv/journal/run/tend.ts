/**
 * Why: each journal is looked after by a loop of its own, so that one whose disk hangs keeps nobody else from being
 * healed: what failed or fell behind is copied anew, what is damaged is made superfluous and removed, a long log gets a
 * snapshot, a reserve that was used is made again.
 */
import { present } from '../../../base/assert.ts';
import { isCopysetError, toCopysetError } from '../../../base/errors.ts';
import { writeSnapshot } from '../place/snapshot-file.ts';
import { atEase } from './at-ease.ts';
import { copyJournal, ensureReserve } from './fill-journal.ts';
import { holdSnapshot } from './held-snapshot.ts';
import type { Damage, Member } from './member.ts';
import type { JournalService } from './service.ts';

const slowest = 30;
/** So much new log, and a snapshot that is being made rests no more. */
const restedLogBytes = 16 * 2 ** 20;

/** Ends when the store is closed or the member is none any more. */
export async function tend(service: JournalService, member: Member): Promise<void> {
  const { clock, limits } = service.context;
  let waitMs = limits.tendMs;
  while (await slept(() => clock.sleep(waitMs, { signal: service.context.stopping }))) {
    if (service.group.members.get(member.id) !== member) return;
    const went = await member.during(attempt(member, () => tendOnce(service, member)));
    waitMs = went ? limits.tendMs : Math.min(2 * waitMs, slowest * limits.tendMs);
  }
}

async function slept(sleep: () => Promise<void>): Promise<boolean> {
  try {
    await sleep();
    return true;
  } catch {
    return false; // a sleep rejects for nothing but its signal
  }
}

/** A journal whose disk fails takes no further part; one whose disk is full goes on as it is. */
async function attempt(member: Member, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (cause) {
    const error = toCopysetError(cause);
    if (error.kind === 'bug') throw error;
    if (isCopysetError(error, 'disk.io') && member.state === 'ok') member.end('failed', error);
    return false;
  }
}

/** False when what is needed did not succeed. */
async function tendOnce(service: JournalService, member: Member): Promise<boolean> {
  if (!member.isActive) {
    await copyAnew(service, member, { isForeign: false });
    return member.state === 'ok';
  }
  if (member.damage !== undefined) await heal(service, member, member.damage);
  if (member.snapshotIsDue) await takeSnapshot(service, member);
  const covered = service.group.coveredByAll;
  if (covered !== undefined) await member.prune(covered);
  if (member.opened?.hasReserve === false) return makeReserve(service, member);
  return true;
}

/**
 * Fills the journal with a snapshot of now; what is committed meanwhile waits and follows. See the member's state for
 * success.
 */
export async function copyAnew(
  service: JournalService,
  member: Member,
  { isForeign }: { readonly isForeign: boolean },
): Promise<void> {
  await member.settled();
  const { context, group } = service;
  const { inner, storeId, limits, stopping } = context;
  const begun = await service.inTurn(async () => {
    if (member.isActive) return undefined; // a recovery was faster
    const { head } = present(group.position, 'the position of the log');
    const { set } = group;
    const held = await holdSnapshot(inner, stopping);
    const target = {
      place: member.place,
      storeId,
      reserveBytes: limits.reserveBytes,
      set,
      previous: head,
      records: [],
    };
    const filled = member.begin(async () => {
      await member.lockAgain();
      return copyJournal({ ...target, snapshot: held.snapshot, isForeign });
    });
    return { filled, held };
  });
  try {
    await begun?.filled;
  } finally {
    await begun?.held.release();
  }
}

/**
 * The log goes on in a new file, and behind its beginning a snapshot of now is made: all that was there before, damaged
 * or not, is needed by neither, and goes. The journal takes every record meanwhile, and holds at no time less than
 * before.
 */
async function heal(service: JournalService, member: Member, damage: Damage): Promise<void> {
  const { attempt } = member;
  try {
    await member.startNewLog();
    if (member.attempt !== attempt) return;
    await takeSnapshot(service, member);
    await member.dropCovered();
    if (member.damage === damage && member.attempt === attempt) member.setDamage(undefined);
  } catch (error) {
    if (member.damage === damage) member.setDamage({ ...damage, obstacle: toCopysetError(error).message });
    throw error;
  }
}

async function takeSnapshot(service: JournalService, member: Member): Promise<void> {
  const { context, group } = service;
  const { inner, storeId, clock, stopping } = context;
  const { held, point, set, coveredBytes } = await service.inTurn(async () => ({
    held: await holdSnapshot(inner, stopping),
    point: present(group.position, 'the position of the log').head,
    set: group.set,
    coveredBytes: member.opened?.logBytes ?? 0,
  }));
  try {
    const header = { storeId, journalId: member.id, point, set, status: held.snapshot.status };
    const isPressed = () => (member.opened?.logBytes ?? 0) - coveredBytes > restedLogBytes;
    const batches = atEase(held.snapshot.batches, clock, { signal: stopping, isPressed });
    const bytes = await writeSnapshot(member.place.disk, header, batches);
    member.tookSnapshot(point.sequence, bytes, coveredBytes);
  } finally {
    await held.release();
  }
}

async function makeReserve({ context }: JournalService, member: Member): Promise<boolean> {
  const { reserveBytes } = context.limits;
  if (reserveBytes === 0) return true;
  const made = await ensureReserve(member.place, reserveBytes);
  if (made) member.tookReserve();
  return made;
}
