/** Why: what a driver keeps of a range, since its keys have one length, must not be older than the last commit. */
import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { put, type WithKv } from './support.conformance.ts';

export function tailedRanges(withKv: WithKv): void {
  test(
    'the first of a range whose keys have one length sees each commit, as any range does',
    withKv(async (kv) => {
      const query = { from: utf8('a/'), to: utf8('a0'), limit: 1, tailBytes: 2 };
      const first = async () => {
        const newest = (await kv.status()).revision;
        const { entries, more, revision } = await kv.range(query);
        expect(revision).toBeGreaterThanOrEqual(newest);
        return [entries[0] && fromUtf8(entries[0].value), more];
      };
      const putOne = (key: string, text: string) => kv.commit({ put: [put(key, text)] });
      expect(await first()).toEqual([undefined, false]);
      await putOne('a/05', 'five');
      expect(await first()).toEqual(['five', false]);
      await putOne('b/01', 'elsewhere');
      expect(await first()).toEqual(['five', false]);
      await putOne('a/07', 'seven');
      expect(await first()).toEqual(['five', true]);
      await putOne('a/03', 'three');
      expect(await first()).toEqual(['three', true]);
      await putOne('a/03', 'three again');
      expect(await first()).toEqual(['three again', true]);
      await kv.commit({ delete: [utf8('a/03'), utf8('a/05')] });
      expect(await first()).toEqual(['seven', false]);
      await kv.commit({ delete: [utf8('a/07')] });
      expect(await first()).toEqual([undefined, false]);
    }),
  );
}
