/**
 * Why: random sequences of calls against a model that is too simple to be wrong: sorted pairs and a list of changes.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareBytes, equalBytes } from '../../base/bytes.ts';
import type { Change, Commit, Entry, Expectation, Kv, RangeQuery, Revision } from '../kv.ts';

type Step =
  | { readonly kind: 'commit'; readonly commit: Commit }
  | { readonly kind: 'range'; readonly query: RangeQuery }
  | { readonly kind: 'get'; readonly key: Uint8Array }
  | { readonly kind: 'changes'; readonly back: number; readonly limit: number }
  | { readonly kind: 'trim'; readonly back: number };

export function modelConformance(open: () => Promise<Kv>, { dense, runs }: { dense: boolean; runs: number }): void {
  test('random sequences of calls answer as a simple model does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const kv = await open();
        try {
          const model = new Model((await kv.status()).revision, dense);
          for (const one of steps) await model.compare(kv, one);
        } finally {
          await kv.close();
        }
      }),
      { numRuns: runs },
    );
  });
}

/** Few and short, so that sequences meet: prefixes of each other, the lowest and the highest bytes. */
const key = fc
  .array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), { minLength: 1, maxLength: 2 })
  .map((list) => Uint8Array.from(list));
const bound = fc.oneof(key, fc.constant(new Uint8Array(0)));
const value = fc.uint8Array({ maxLength: 1, max: 1 });

const expectation: fc.Arbitrary<Expectation> = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), key, value }),
  fc.record({ kind: fc.constant('absent' as const), key }),
  fc.record({ kind: fc.constant('empty-range' as const), from: bound, to: bound }),
);

export const commitArbitrary: fc.Arbitrary<Commit> = fc
  .record({
    expect: fc.array(expectation, { maxLength: 2 }),
    keys: fc.uniqueArray(key, { maxLength: 4, selector: (bytes) => Buffer.from(bytes).toString('hex') }),
    values: fc.array(value, { minLength: 4, maxLength: 4 }),
    puts: fc.nat({ max: 4 }),
  })
  .map(({ expect: expectations, keys, values, puts }) => ({
    expect: expectations,
    put: keys.slice(0, puts).map((one, at) => ({ key: one, value: values[at] as Uint8Array })),
    delete: keys.slice(puts),
  }));

const query = fc.record({
  from: bound,
  to: fc.option(bound, { nil: undefined }),
  limit: fc.integer({ min: 1, max: 8 }),
  reverse: fc.boolean(),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('commit' as const), commit: commitArbitrary }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('range' as const), query }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('get' as const), key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('changes' as const),
      back: fc.nat(8),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trim' as const), back: fc.nat(8) }) },
);

class Model {
  #entries: Entry[] = [];
  #changes: Change[] = [];
  #trimmedTo: Revision = 0;
  #revision: Revision;
  readonly #dense: boolean;

  constructor(revision: Revision, dense: boolean) {
    this.#revision = revision;
    this.#dense = dense;
  }

  async compare(kv: Kv, one: Step): Promise<void> {
    if (one.kind === 'commit') return this.#commit(kv, one.commit);
    if (one.kind === 'range') return this.#range(kv, one.query);
    if (one.kind === 'get') return expect(await kv.get(one.key)).toEqual(this.#get(one.key));
    if (one.kind === 'trim') return this.#trim(kv, one.back);
    return this.#compareChanges(kv, this.#revisionBefore(one.back), one.limit);
  }

  async #commit(kv: Kv, asked: Commit): Promise<void> {
    const failed = (asked.expect ?? []).findIndex((expected) => !this.#holds(expected));
    const result = await kv.commit(asked);
    if (failed >= 0) return expect(result).toEqual({ committed: false, failed });
    if (!result.committed) return expect.fail(`expectation ${result.failed} holds in the model`);
    const puts = asked.put ?? [];
    const deletes = (asked.delete ?? []).filter((one) => this.#get(one) !== undefined);
    if (puts.length + deletes.length === 0) return expect(result.revision).toBeGreaterThanOrEqual(this.#revision);
    expect(result.revision).toBeGreaterThan(this.#revision);
    if (this.#dense) expect(result.revision).toBe(this.#revision + 1);
    this.#effect({ revision: result.revision, puts, deletes });
  }

  #effect(change: Change): void {
    const touched = [...change.puts.map((one) => one.key), ...change.deletes];
    const rest = this.#entries.filter((entry) => !touched.some((one) => equalBytes(one, entry.key)));
    const written = change.puts.map((one) => ({ ...one, revision: change.revision }));
    this.#entries = [...rest, ...written].sort((left, right) => compareBytes(left.key, right.key));
    this.#changes.push(change);
    this.#revision = change.revision;
  }

  async #range(kv: Kv, asked: RangeQuery): Promise<void> {
    const inside = this.#entries.filter(({ key: at }) => within(at, asked.from, asked.to));
    if (asked.reverse === true) inside.reverse();
    const result = await kv.range(asked);
    expect(result.entries).toEqual(inside.slice(0, asked.limit));
    expect(result.more).toBe(inside.length > asked.limit);
    expect(result.revision).toBeGreaterThanOrEqual(this.#revision);
  }

  async #trim(kv: Kv, back: number): Promise<void> {
    const upTo = this.#revisionBefore(back);
    await kv.trim(upTo);
    this.#trimmedTo = Math.max(this.#trimmedTo, upTo);
    expect((await kv.status()).trimmedTo).toBe(this.#trimmedTo);
  }

  async #compareChanges(kv: Kv, after: Revision, limit: number): Promise<void> {
    if (after < this.#trimmedTo)
      return expect(kv.changes(after, limit)).rejects.toMatchObject({ code: 'kv.compacted' });
    const answer = (await kv.changes(after, limit)).map(plain);
    expect(answer).toEqual(
      this.#changes
        .filter(({ revision }) => revision > after)
        .slice(0, limit)
        .map(plain),
    );
  }

  /** The revision of the commit that many before the newest; 0 when there are fewer. */
  #revisionBefore(back: number): Revision {
    return this.#changes.at(-1 - back)?.revision ?? 0;
  }

  #get(at: Uint8Array): Entry | undefined {
    return this.#entries.find((entry) => equalBytes(entry.key, at));
  }

  #holds(expected: Expectation): boolean {
    if (expected.kind === 'empty-range') {
      return !this.#entries.some((entry) => within(entry.key, expected.from, expected.to));
    }
    const entry = this.#get(expected.key);
    if (expected.kind === 'absent') return entry === undefined;
    return entry !== undefined && equalBytes(entry.value, expected.value);
  }
}

function within(at: Uint8Array, from: Uint8Array, to: Uint8Array | undefined): boolean {
  return compareBytes(at, from) >= 0 && (to === undefined || compareBytes(at, to) < 0);
}

/** For comparison: the order inside one commit means nothing. */
function plain({ revision, puts, deletes }: Change) {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return {
    revision,
    puts: puts.map((one) => `${hex(one.key)}=${hex(one.value)}`).sort(),
    deletes: deletes.map(hex).sort(),
  };
}
