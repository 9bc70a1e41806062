/**
 * Why: the way from whatever the journals show to a store that may be written: read them, decide, make the decision
 * durable in a write quorum, open a new term there, and only then bring the store below to its end. It is the same at
 * a start and after a write quorum was lost, and may be repeated after a failure anywhere in it.
 */
import { raceAbort, throwIfAborted } from '../../../base/async/abort.ts';
import { deadline } from '../../../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../../../base/errors.ts';
import { newId, type VolumeId } from '../../../base/ids.ts';
import { type JournalSet, membersOf } from '../core/journal-set.ts';
import type { Term } from '../core/point.ts';
import { decideRecovery, endOf, type IntactJournal, type Refusal } from '../core/recovery.ts';
import type { JournalContext } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { readJournal } from '../place/journal-view.ts';
import { patientDisk } from '../place/patient-disk.ts';
import { AdoptedHistory } from './adopted-history.ts';
import { type Adopted, type Finding, fillMembers } from './fill-members.ts';
import { firstJournals, journalsAfterLoss } from './found-journals.ts';
import type { JournalGroup } from './group.ts';
import { catchUp } from './inner-store.ts';
import type { Member } from './member.ts';

/** Resolves when the group has a new term and the store below is at its beginning. */
export async function recover(
  context: JournalContext,
  group: JournalGroup,
  places: readonly JournalPlace[],
): Promise<void> {
  throwIfAborted(context.stopping);
  const findings = await Promise.all(places.map((place) => inspect(context, group.member(place))));
  const { revision, incarnation } = await context.inner.status();
  const reports = findings.map(({ report }) => report);
  const decision = decideRecovery(reports, { revision, incarnation });
  if (decision.kind === 'adopt') {
    const history = historyOf(context, findings, decision.source);
    return adopt(context, group, { findings, decision, history });
  }
  if (decision.kind === 'create') await firstJournals(context, findings);
  else if (context.acceptLoss === true && findings.some(isReachable)) await journalsAfterLoss(context, findings);
  else throw refusal(decision, findings);
  return recover({ ...context, acceptLoss: false }, group, places);
}

function isReachable({ source }: Finding): boolean {
  return source !== undefined;
}

/** A place that does not answer counts as missing; what hangs there goes on alone. */
async function inspect(context: JournalContext, member: Member): Promise<Finding> {
  const { clock, limits, storeId } = context;
  const { id } = member;
  member.end('missing');
  try {
    await take(context, member);
    const place = { id, disk: patientDisk(member.place.disk, clock, limits.lookTimeoutMs) };
    const view = await readJournal(place, storeId);
    return { member, report: view.report, source: { place, view }, error: undefined };
  } catch (cause) {
    if (isFatal(cause)) throw cause;
    const error = toCopysetError(cause);
    member.end('missing', error);
    return { member, report: { id, state: 'missing' }, source: undefined, error };
  }
}

/** Waits for what is still under way there, and makes the place ours. */
async function take({ clock, limits }: JournalContext, member: Member): Promise<void> {
  using limit = deadline(clock, limits.lookTimeoutMs, `taking ${member.place.disk.root}`);
  await raceAbort(
    member.settled().then(() => member.lock()),
    limit.signal,
  );
}

/** To go on without that place would harm whoever has it, or what a newer program wrote. */
function isFatal(error: unknown): boolean {
  return isCopysetError(error, 'volume.locked', 'format.unknown_version');
}

async function adopt(context: JournalContext, group: JournalGroup, adopted: Adopted): Promise<void> {
  const { decision, findings, history } = adopted;
  const { tail } = decision;
  const sets = decision.sets.map(({ set }) => set);
  group.keepOnly(membersOf(sets));
  const committed = history?.journal.committed ?? tail.sequence;
  group.goOnFrom({ term: nextTerm(context, findings), head: tail, committed, sets });
  const { copies } = fillMembers(context, group, adopted);
  await group.reached(tail.sequence, copies ? context.limits.copyTimeoutMs : context.limits.syncTimeoutMs);
  await group.append({ kind: 'term' });
  await settleSets(group, sets);
  if (history === undefined) return;
  const damaged = (id: VolumeId) => group.members.get(id)?.snapshotIsDamaged();
  await catchUp({ inner: context.inner, history, progress: context.progress, damaged });
}

/**
 * A set of which nobody knew whether it was committed is so with the term. The next record says that; until then a
 * start would need the old set too. Who left must not come to life later.
 */
async function settleSets(group: JournalGroup, sets: readonly JournalSet[]): Promise<void> {
  const settled = sets.slice(-1);
  group.changeSets(settled);
  if (sets.length === 1) return;
  await group.append({ kind: 'batch', changes: [] });
  group.keepOnly(membersOf(settled), { erase: true });
}

function historyOf(
  { storeId }: JournalContext,
  findings: readonly Finding[],
  journal: IntactJournal | undefined,
): AdoptedHistory | undefined {
  const sources = findings.flatMap(({ source }) => source ?? []);
  return journal === undefined ? undefined : new AdoptedHistory(storeId, journal, sources);
}

/** Higher than any that was seen. Whoever saw less is told apart by the nonce. */
function nextTerm({ random }: JournalContext, findings: readonly Finding[]): Term {
  const seen = findings.map(({ report }) => endOf(report)?.term.number ?? 0);
  return { number: Math.max(...seen) + 1, nonce: newId(random) };
}

function refusal({ code, reason, needed }: Refusal, findings: readonly Finding[]): CopysetError {
  const lines = needed.map((id) => {
    const found = findings.find(({ member }) => member.id === id);
    return found === undefined ? `${id} (not configured)` : `${id} in ${found.member.place.disk.root}${why(found)}`;
  });
  const paths = findings.filter(({ member }) => needed.includes(member.id)).map(({ member }) => member.place.disk.root);
  const message = `${reason}; needed: ${lines.join(', ') || 'a copy of a journal that is newer'}`;
  return new CopysetError(code, message, { details: { needed, paths } });
}

function why({ report, error }: Finding): string {
  return ` (${error === undefined ? report.state : error.message})`;
}
