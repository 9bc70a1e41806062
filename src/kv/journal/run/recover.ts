/**
 * Why: the way from whatever the journals show to a store that may be written: read them, decide, make the decision durable
 * in a write quorum, open a new term there, and only then bring the store below to its end. It is the same at a start and
 * after a write quorum was lost, and may be repeated after a failure anywhere in it.
 */
import { present } from '../../../base/assert.ts';
import { raceAbort } from '../../../base/async/abort.ts';
import { deadline } from '../../../base/clock.ts';
import { CopysetError, isCopysetError, toCopysetError } from '../../../base/errors.ts';
import { newId } from '../../../base/ids.ts';
import { membersOf } from '../core/journal-set.ts';
import type { Term } from '../core/point.ts';
import { type Adoption, decideRecovery, endOf, type Refusal } from '../core/recovery.ts';
import type { JournalContext } from '../options.ts';
import type { JournalPlace } from '../place/journal-place.ts';
import { readJournal } from '../place/journal-view.ts';
import { type Finding, fillMembers } from './fill-members.ts';
import { firstJournals, journalsAfterLoss } from './found-journals.ts';
import { catchUp } from './inner-store.ts';
import type { JournalGroup } from './journal-group.ts';
import type { Member } from './member.ts';

/** Resolves when the group has a new term and the store below is at its beginning. */
export async function recover(
  context: JournalContext,
  group: JournalGroup,
  places: readonly JournalPlace[],
): Promise<void> {
  const findings = await Promise.all(places.map((place) => inspect(context, group.member(place))));
  const { revision, incarnation } = await context.inner.status();
  const reports = findings.map(({ report }) => report);
  const decision = decideRecovery(reports, { revision, incarnation });
  if (decision.kind === 'adopt') return adopt(context, group, { findings, decision });
  if (decision.kind === 'create') await firstJournals(context, findings);
  else if (context.acceptLoss === true) await journalsAfterLoss(context, findings);
  else throw refusal(decision, findings);
  return recover({ ...context, acceptLoss: false }, group, places);
}

/** A place that cannot be read within the time counts as missing; what hangs there goes on alone. */
async function inspect({ clock, limits, storeId }: JournalContext, member: Member): Promise<Finding> {
  using limit = deadline(clock, limits.readTimeoutMs, `reading the journal in ${member.place.disk.root}`);
  const { place, id } = member;
  member.end('missing');
  const read = async () => {
    await member.settled();
    await member.lock();
    return readJournal(place, storeId, { signal: limit.signal });
  };
  try {
    const view = await raceAbort(read(), limit.signal);
    return { member, report: view.report, source: { place, view }, error: undefined };
  } catch (error) {
    if (isFatal(error)) throw error;
    member.end('missing', toCopysetError(error));
    return { member, report: { id, state: 'missing' }, source: undefined, error: toCopysetError(error) };
  }
}

/** To go on without that place would harm whoever has it, or what a newer program wrote. */
function isFatal(error: unknown): boolean {
  return isCopysetError(error, 'volume.locked', 'format.unknown_version');
}

type Adopted = { readonly findings: readonly Finding[]; readonly decision: Adoption };

async function adopt(context: JournalContext, group: JournalGroup, adopted: Adopted): Promise<void> {
  const { source, tail, sets: placed } = adopted.decision;
  const sets = placed.map(({ set }) => set);
  group.keepOnly(membersOf(sets));
  const committed = source?.committed ?? tail.sequence;
  group.goOnFrom({ term: nextTerm(context, adopted.findings), head: tail, committed, sets });
  await fillMembers(context, group, adopted);
  await group.reached(tail.sequence, context.limits.readTimeoutMs);
  await group.append({ kind: 'term' });
  group.changeSets(sets.slice(-1));
  await catchUpInner(context, group, adopted);
}

/** Higher than any that was seen. Whoever saw less is told apart by the nonce. */
function nextTerm({ random }: JournalContext, findings: readonly Finding[]): Term {
  const seen = findings.map(({ report }) => endOf(report)?.term.number ?? 0);
  return { number: Math.max(...seen) + 1, nonce: newId(random) };
}

async function catchUpInner(
  { inner, storeId, progress }: JournalContext,
  group: JournalGroup,
  { findings, decision }: Adopted,
): Promise<void> {
  const { source: best, tail } = decision;
  if (best === undefined) return;
  const intact = findings.flatMap(({ source }) => (source?.view.report.state === 'intact' ? [source] : []));
  const source = present(
    intact.find(({ place }) => place.id === best.id),
    'the adopted journal',
  );
  const others = intact.filter((one) => one !== source);
  const damaged = (id: typeof best.id) => group.members.get(id)?.snapshotIsDamaged();
  await catchUp({ inner, storeId, source, others, tail, progress, damaged });
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
