import { describe, expect, test } from 'vitest';
import type { VolumeId } from '../../../base/ids.ts';
import type { JournalSet } from './journal-set.ts';
import type { Point } from './point.ts';
import { type DamagedJournal, decideRecovery, type InnerState, type JournalReport } from './recovery.ts';

const id = (name: string) => name as VolumeId;
const [a, b, c, d] = [id('a'), id('b'), id('c'), id('d')];
const three: JournalSet = { number: 1, members: [a, b, c] };
const incarnation = 'one';
const fresh: InnerState = { revision: 0, incarnation: 'new' };

function point(term: number, sequence: number): Point {
  const revision = Math.max(sequence - term, 0);
  return { sequence, term: { number: term, nonce: `term ${term}` }, revision, hash: new Uint8Array(32) };
}

type Shown = { set?: JournalSet; committed?: number; pending?: JournalSet };

/** An intact journal that ends at a record of that term and sequence. */
function intact(name: VolumeId, term: number, sequence: number, options: Shown = {}): JournalReport {
  const { set = three, committed = Math.max(sequence - 1, 0), pending } = options;
  const sets = [{ set, sequence: 0 }, ...(pending === undefined ? [] : [{ set: pending, sequence }])];
  const tail = point(term, sequence);
  const chain = { after: 0, revision: 0 };
  return { id: name, state: 'intact', base: point(0, 0), tail, chain, runs: [], sets, committed, incarnation };
}

function damaged(name: VolumeId, reached: Point | undefined, committed = 0): DamagedJournal {
  return { id: name, state: 'damaged', reached, sets: [{ set: three, sequence: 0 }], committed, incarnation };
}

const missing = (name: VolumeId): JournalReport => ({ id: name, state: 'missing' });
const empty = (name: VolumeId): JournalReport => ({ id: name, state: 'empty' });

describe('of the journals that can be read', () => {
  test.each([
    ['the longest is adopted', [intact(a, 1, 5), intact(b, 1, 7), intact(c, 1, 6)], b],
    ['the highest term is adopted, however short', [intact(a, 3, 6), intact(b, 2, 9, { committed: 5 }), missing(c)], a],
    ['an old copy put back loses', [intact(a, 1, 2), intact(b, 2, 9), intact(c, 2, 9)], c],
    ['one that was never written to loses', [intact(a, 0, 0), intact(b, 1, 3), missing(c)], b],
  ])('%s', (_, reports, winner) => {
    expect(decideRecovery(reports, fresh)).toMatchObject({ kind: 'adopt', source: { id: winner } });
  });

  test('the one with the most records is read, of those that end alike', () => {
    const short = { ...intact(b, 1, 7), chain: { after: 6, revision: 5 } };
    expect(decideRecovery([intact(a, 1, 7), short, missing(c)], fresh)).toMatchObject({ source: { id: a } });
  });
});

describe('with too few journals the start is refused and names those that would help', () => {
  test.each([
    ['missing', [intact(a, 1, 5), missing(b), missing(c)], [b, c]],
    ['not even configured', [intact(a, 1, 5)], [b, c]],
    ['emptied', [intact(a, 1, 5), empty(b), missing(c)], [b, c]],
    ['damaged, nobody knows how far they reached', [intact(a, 1, 5), damaged(b, undefined), missing(c)], [b, c]],
  ])('%s', (_, reports, needed) => {
    expect(decideRecovery(reports, fresh)).toMatchObject({ kind: 'refuse', code: 'journal.missing', needed });
  });

  test('enough to be read, too few to be written', () => {
    const four = { number: 1, members: [a, b, c, d] };
    const reports = [intact(a, 1, 5, { set: four }), intact(b, 1, 5, { set: four }), missing(c), missing(d)];
    expect(decideRecovery(reports, fresh)).toMatchObject({ kind: 'refuse', code: 'journal.missing', needed: [c, d] });
    expect(decideRecovery([...reports.slice(0, 3), empty(d)], fresh)).toMatchObject({ kind: 'adopt' });
  });
});

describe('a damaged journal', () => {
  test('is not asked where the others are enough', () => {
    expect(decideRecovery([intact(a, 1, 5), intact(b, 1, 5), damaged(c, point(1, 6))], fresh)).toMatchObject({
      kind: 'adopt',
      tail: { sequence: 5 },
    });
  });

  test('counts where another holds all that it held', () => {
    expect(decideRecovery([intact(a, 1, 5), damaged(b, point(1, 5)), missing(c)], fresh)).toMatchObject({
      kind: 'adopt',
      source: { id: a },
    });
  });

  test('is never shortened: the start is refused where nobody else has what it held', () => {
    expect(decideRecovery([intact(a, 1, 5), damaged(b, point(1, 6)), missing(c)], fresh)).toMatchObject({
      kind: 'refuse',
      code: 'journal.damaged',
      needed: [c, b],
    });
  });

  test('is made anew from the catalog where that has seen all that it held', () => {
    const inner = { revision: 5, incarnation };
    const decision = decideRecovery([intact(a, 1, 5), damaged(b, point(1, 6)), missing(c)], inner);
    expect(decision).toMatchObject({ kind: 'adopt', source: undefined, tail: { sequence: 6 } });
  });
});

describe('proofs that something is missing', () => {
  test('the catalog has seen more than the journals', () => {
    const reports = [intact(a, 1, 5), intact(b, 1, 5), missing(c)];
    expect(decideRecovery(reports, { revision: 4, incarnation })).toMatchObject({ kind: 'adopt' });
    expect(decideRecovery(reports, { revision: 5, incarnation })).toMatchObject({
      code: 'journal.missing',
      needed: [c],
    });
  });

  test('a record says that more was committed than the adopted history has', () => {
    const reports = [intact(a, 1, 5), intact(b, 1, 5), damaged(c, undefined, 6)];
    expect(decideRecovery(reports, fresh)).toMatchObject({ code: 'journal.missing', needed: [c] });
  });

  test('a journal of another incarnation proves nothing', () => {
    const reports = [
      intact(a, 1, 5),
      intact(b, 1, 5),
      { ...damaged(d, undefined, 90), incarnation: 'before the loss' },
    ];
    expect(decideRecovery(reports, fresh)).toMatchObject({ kind: 'adopt', tail: { sequence: 5 } });
  });

  test('the catalog is of another incarnation', () => {
    const reports = [intact(a, 1, 5), intact(b, 1, 5), intact(c, 1, 5)];
    expect(decideRecovery(reports, { revision: 1, incarnation: 'two' })).toMatchObject({ code: 'catalog.damaged' });
  });
});

describe('the first start', () => {
  test('finds only empty places', () => {
    expect(decideRecovery([empty(a), empty(b)], fresh)).toEqual({ kind: 'create' });
  });

  test('is taken up again when it was interrupted before the first record', () => {
    expect(decideRecovery([intact(a, 0, 0), empty(b), empty(c)], fresh)).toEqual({ kind: 'create' });
    expect(decideRecovery([intact(a, 1, 1), empty(b), empty(c)], fresh)).toMatchObject({ code: 'journal.missing' });
  });

  test('needs every place', () => {
    expect(decideRecovery([empty(a), missing(b)], fresh)).toMatchObject({ code: 'journal.missing', needed: [b] });
    expect(decideRecovery([empty(a), { ...damaged(b, undefined), sets: [] }], fresh)).toMatchObject({ needed: [b] });
  });

  test('is none when the catalog has seen commits', () => {
    const decision = decideRecovery([empty(a), empty(b)], { revision: 1, incarnation });
    expect(decision).toMatchObject({ code: 'journal.missing', needed: [a, b] });
  });
});

describe('a change of the set', () => {
  const next: JournalSet = { number: 2, members: [a, b, d] };

  test('that may not be committed needs a quorum of both sets', () => {
    const change = { pending: next };
    expect(decideRecovery([intact(a, 1, 6, change), intact(d, 1, 6, change)], fresh)).toMatchObject({
      code: 'journal.missing',
      needed: [b, c],
    });
    expect(decideRecovery([intact(a, 1, 6, change), intact(b, 1, 5)], fresh)).toMatchObject({
      kind: 'adopt',
      sets: [{ set: three }, { set: next }],
    });
  });

  test('of which only a new member knows is not asked while the old set is whole', () => {
    const reports = [intact(a, 1, 5), intact(b, 1, 5), missing(c), intact(d, 1, 6, { pending: next })];
    expect(decideRecovery(reports, fresh)).toMatchObject({ source: { id: b }, sets: [{ set: three }] });
  });

  test('that is known to be committed leaves the old set behind', () => {
    const known = { pending: next, committed: 6 };
    expect(decideRecovery([intact(a, 1, 6, known), intact(d, 1, 6, known)], fresh)).toMatchObject({
      kind: 'adopt',
      sets: [{ set: next }],
    });
    expect(decideRecovery([intact(b, 1, 5), intact(c, 1, 5), intact(d, 1, 6, known)], fresh)).toMatchObject({
      kind: 'adopt',
      source: { id: d },
    });
  });
});
