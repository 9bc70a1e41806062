/** Why: the journals of a store begin twice at most: at its first start, and when an operator accepts a loss. */
import { present } from '../../../base/assert.ts';
import { raceAbort } from '../../../base/async/abort.ts';
import { deadline } from '../../../base/clock.ts';
import { CopysetError } from '../../../base/errors.ts';
import { digestBytes } from '../../../base/hash.ts';
import { newId } from '../../../base/ids.ts';
import type { JournalSet } from '../core/journal-set.ts';
import { comparePoints, type Point } from '../core/point.ts';
import { endOf } from '../core/recovery.ts';
import type { JournalContext } from '../options.ts';
import { snapshotName } from '../place/names.ts';
import { readSnapshot, readSnapshotHeader } from '../place/snapshot-file.ts';
import { AdoptedHistory } from './adopted-history.ts';
import { copyJournal } from './fill-journal.ts';
import type { Finding } from './fill-members.ts';
import { holdSnapshot } from './held-snapshot.ts';
import { catchUp } from './inner-store.ts';
import { whyNot } from './member.ts';

const lossStep = 1_000_000;

/** Before the first record of a store. */
const origin: Point = {
  sequence: 0,
  term: { number: 0, nonce: '0000000000000000' },
  revision: 0,
  hash: new Uint8Array(digestBytes),
};

/** Makes an empty journal in every place. */
export async function firstJournals(context: JournalContext, findings: readonly Finding[]): Promise<void> {
  const domains = new Set(findings.map(({ member }) => member.place.domain));
  if (domains.size < findings.length) {
    throw new CopysetError('request.invalid', 'two journals are in one failure domain');
  }
  const set = { number: 1, members: findings.map(({ member }) => member.id) };
  const { incarnation } = await context.inner.status();
  await found(context, findings, { previous: origin, set, incarnation, isForeign: true });
}

/** Makes the best history there is the beginning of a new one, in every member that can be reached. */
export async function journalsAfterLoss(context: JournalContext, findings: readonly Finding[]): Promise<void> {
  const { inner, random } = context;
  await bringForward(context, findings);
  const seen = findings.flatMap(({ report }) => endOf(report) ?? []);
  const previous: Point = {
    sequence: Math.max(0, ...seen.map(({ sequence }) => sequence)) + 1,
    term: { number: Math.max(0, ...seen.map(({ term }) => term.number)) + 1, nonce: newId(random) },
    revision: (await inner.status()).revision,
    hash: random.bytes(digestBytes),
  };
  const last = newestSet(findings);
  const members = reachableMembers(findings, last);
  const number = (last?.number ?? 0) + 1 + random.integer(lossStep); // so that two losses never make the same set
  const set = { number, members: members.map(({ member }) => member.id) };
  await found(context, members, { previous, set, incarnation: newId(random), isForeign: false });
  await takeIncarnation(context, members, previous);
}

function newestSet(findings: readonly Finding[]): JournalSet | undefined {
  const placed = findings.flatMap(({ report }) => ('sets' in report ? report.sets : []));
  return placed
    .map(({ set }) => set)
    .toSorted((left, right) => left.number - right.number)
    .at(-1);
}

/** Of the last set; where none of it can be reached, all places that can. */
function reachableMembers(findings: readonly Finding[], set: JournalSet | undefined): Finding[] {
  const reachable = findings.filter(({ source }) => source !== undefined);
  const members = reachable.filter(({ member }) => set?.members.includes(member.id));
  return members.length > 0 ? members : reachable;
}

type Foundation = {
  readonly previous: Point;
  readonly set: JournalSet;
  readonly incarnation: string;
  readonly isForeign: boolean;
};

async function found(context: JournalContext, findings: readonly Finding[], foundation: Foundation): Promise<void> {
  const { storeId, limits, clock, inner } = context;
  using limit = deadline(clock, limits.copyTimeoutMs, 'making the journals');
  const members = findings.map(({ member }) => member);
  const filled = members.map(async (member) => {
    const { snapshot, release } = await holdSnapshot(inner);
    const status = { ...snapshot.status, incarnation: foundation.incarnation };
    const target = { place: member.place, storeId, reserveBytes: limits.reserveBytes, records: [] };
    await member.begin(() => copyJournal({ ...target, ...foundation, snapshot: { ...snapshot, status } }));
    await release();
    if (member.state !== 'ok') throw whyNot(member);
  });
  await raceAbort(Promise.all(filled), limit.signal);
}

/** The store below becomes what its new journals say that it is. */
async function takeIncarnation(
  { inner }: JournalContext,
  findings: readonly Finding[],
  { sequence }: Point,
): Promise<void> {
  const { disk } = present(findings[0], 'a journal that can be reached').member.place;
  const header = await readSnapshotHeader(disk, snapshotName(sequence));
  await inner.restore(readSnapshot(disk, present(header, 'the snapshot that was just written')));
}

/** The store below takes what the best intact journal has beyond it. */
async function bringForward({ inner, storeId, progress }: JournalContext, findings: readonly Finding[]): Promise<void> {
  const sources = findings.flatMap(({ source }) => source ?? []);
  const intact = findings.flatMap(({ report }) => (report.state === 'intact' ? [report] : []));
  const best = intact.toSorted((left, right) => comparePoints(left.tail, right.tail)).at(-1);
  if (best === undefined || (await inner.status()).revision >= best.tail.revision) return;
  await catchUp({ inner, history: new AdoptedHistory(storeId, best, sources), progress, damaged: () => undefined });
}
