/**
 * Why: the log is the queue of everything behind the catalog: order, contents, trims and waiting for more, as tests.
 */
import { expect, test } from 'vitest';
import { compareBytes, utf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Change, Kv, Revision } from '../kv.ts';
import { everything, put, putOne, refused, revisionOf, type WithKv } from './support.conformance.ts';

export function logConformance(withKv: WithKv, open: () => Promise<Kv>): void {
  log(withKv);
  waiting(withKv, open);
}

function log(withKv: WithKv): void {
  test(
    'changes come in commit order with what each did, in pages',
    withKv(async (kv) => {
      const a = revisionOf(await kv.commit({ put: [put('b', '1'), put('a', '2')] }));
      const b = revisionOf(await kv.commit({ put: [put('c', '3')], delete: [utf8('a'), utf8('absent')] }));
      const c = revisionOf(await kv.commit({ delete: [utf8('b')] }));
      const all = [
        { revision: a, puts: [put('a', '2'), put('b', '1')], deletes: [] },
        { revision: b, puts: [put('c', '3')], deletes: [utf8('a')] },
        { revision: c, puts: [], deletes: [utf8('b')] },
      ];
      const sorted = async (after: Revision, limit: number) => (await kv.changes(after, limit)).map(inKeyOrder);
      expect(await sorted(0, 10)).toEqual(all);
      expect(await sorted(0, 2)).toEqual(all.slice(0, 2));
      expect(await sorted(a, 1)).toEqual(all.slice(1, 2));
      expect(await sorted(c, 10)).toEqual([]);
      expect(await sorted(c + 1000, 10)).toEqual([]);
      await refused(kv.changes(-1, 10), 'request.invalid');
      await refused(kv.changes(0, 0), 'request.invalid');
    }),
  );

  test(
    'trim forgets changes and never entries',
    withKv(async (kv) => {
      const [a, b, c] = [await putOne(kv, 'a'), await putOne(kv, 'b'), await putOne(kv, 'a')];
      const before = await everything(kv);
      await kv.trim(b);
      await kv.trim(a);
      expect((await kv.status()).trimmedTo).toBe(b);
      await refused(kv.changes(0, 10), 'kv.compacted');
      await refused(kv.changes(b - 1, 10), 'kv.compacted');
      expect((await kv.changes(b, 10)).map(({ revision }) => revision)).toEqual([c]);
      await kv.trim(c);
      expect(await kv.changes(c, 10)).toEqual([]);
      await refused(kv.trim(c + 1000), 'request.invalid');
      expect(await everything(kv)).toEqual(before);
      expect((await kv.status()).revision).toBeGreaterThanOrEqual(c);
      expect(await putOne(kv, 'd')).toBeGreaterThan(c);
    }),
  );
}

function waiting(withKv: WithKv, open: () => Promise<Kv>): void {
  test(
    'changed resolves for a commit that exists and for one that comes',
    withKv(async (kv) => {
      const first = await putOne(kv, 'a');
      await kv.changed(first - 1);
      const order: string[] = [];
      const waited = [kv.changed(first), kv.changed(first)].map((wait) => wait.then(() => order.push('changed')));
      await kv.commit({ delete: [utf8('absent')] });
      order.push('commit');
      await putOne(kv, 'b');
      await Promise.all(waited);
      expect(order).toContain('commit');
      expect((await kv.changes(first, 10)).length).toBeGreaterThan(0);
    }),
  );

  test('changed ends with an abort, and with the store', async () => {
    const kv = await open();
    const { revision } = await kv.status();
    const abort = new AbortController();
    const given = kv.changed(revision, { signal: abort.signal });
    const closed = refused(kv.changed(revision + 1), 'closed');
    abort.abort(new CopysetError('timeout', 'enough'));
    await refused(given, 'timeout');
    await kv.close();
    await closed;
  });
}

/** Within one commit the order of puts and deletes means nothing. */
function inKeyOrder({ revision, puts, deletes }: Change) {
  return {
    revision,
    puts: [...puts].sort((left, right) => compareBytes(left.key, right.key)),
    deletes: [...deletes].sort(compareBytes),
  };
}
