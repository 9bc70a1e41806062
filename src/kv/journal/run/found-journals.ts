/** Why: the journals of a store begin twice at most: at its first start, and when an operator accepts a loss. */
import { present } from '../../../base/assert.ts';
import { CopysetError } from '../../../base/errors.ts';
import { digestBytes } from '../../../base/hash.ts';
import { newId } from '../../../base/ids.ts';
import type { KvSnapshot } from '../../staging.ts';
import type { JournalSet } from '../core/journal-set.ts';
import { comparePoints, type Point } from '../core/point.ts';
import { endOf } from '../core/recovery.ts';
import type { JournalContext } from '../options.ts';
import { snapshotName } from '../place/names.ts';
import { readSnapshot, readSnapshotHeader } from '../place/snapshot-file.ts';
import { copyJournal } from './fill-journal.ts';
import type { Finding } from './fill-members.ts';
import { catchUp, type Source } from './inner-store.ts';

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
  const snapshot = () => context.inner.snapshot();
  await found(context, findings, { previous: origin, set, snapshot, isForeign: true });
}

/** Makes the best history there is the beginning of a new one, in every place that can be reached. */
export async function journalsAfterLoss(context: JournalContext, findings: readonly Finding[]): Promise<void> {
  const { inner, random } = context;
  await bringForward(context, findings);
  const reachable = findings.filter(({ source }) => source !== undefined);
  const seen = findings.flatMap(({ report }) => endOf(report) ?? []);
  const sets = findings.flatMap(({ report }) => ('sets' in report ? report.sets : []));
  const set = {
    number: Math.max(0, ...sets.map((placed) => placed.set.number)) + 1,
    members: reachable.map(({ member }) => member.id),
  };
  const previous: Point = {
    sequence: Math.max(0, ...seen.map(({ sequence }) => sequence)) + 1,
    term: { number: Math.max(0, ...seen.map(({ term }) => term.number)) + 1, nonce: newId(random) },
    revision: (await inner.status()).revision,
    hash: random.bytes(digestBytes),
  };
  const incarnation = newId(random);
  const snapshot = async (): Promise<KvSnapshot> => {
    const { status, batches } = await inner.snapshot();
    return { status: { ...status, incarnation }, batches };
  };
  await found(context, reachable, { previous, set, snapshot, isForeign: false });
  await takeIncarnation(context, reachable, previous);
}

type Foundation = {
  readonly previous: Point;
  readonly set: JournalSet;
  readonly snapshot: () => Promise<KvSnapshot>;
  readonly isForeign: boolean;
};

async function found(context: JournalContext, findings: readonly Finding[], foundation: Foundation): Promise<void> {
  const { storeId, limits } = context;
  for (const { member } of findings) {
    const snapshot = await foundation.snapshot();
    const target = { place: member.place, storeId, reserveBytes: limits.reserveBytes, records: [] };
    const { log } = await copyJournal({ ...target, ...foundation, snapshot });
    await log.close();
  }
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
  const intact = findings.flatMap(({ source }) => (source?.view.report.state === 'intact' ? [source] : []));
  const source = intact.toSorted((left, right) => comparePoints(tailOf(left), tailOf(right))).at(-1);
  if (source === undefined) return;
  const { revision } = await inner.status();
  const tail = tailOf(source);
  if (revision >= tail.revision) return;
  const others = intact.filter((one) => one !== source);
  await catchUp({ inner, storeId, source, others, tail, progress, damaged: () => undefined });
}

function tailOf({ view }: Source): Point {
  return present(endOf(view.report), 'the end of an intact journal');
}
