import { expect, test } from 'vitest';
import { startMemorySite } from '../../../test/support/memory-site.ts';
import type { JournalStatus } from '../../admin/contract.ts';
import { storeProblems } from './problems.ts';

test('a journal that takes no part, and one with damage that is not healed, are told of', async () => {
  const { members, context, repair } = await startMemorySite({ volumes: 3 });
  const site = { members, layouts: repair.layouts, objects: context, repair };
  const journal = (volume: string, change: Partial<JournalStatus>): JournalStatus => {
    return { volume, path: `/${volume}`, state: 'ok', revision: 1, bytes: 1, ...change };
  };
  const found = 'log-000000000000001: unreadable bytes before 300; it cannot be healed yet: no space left';
  const journals = [journal('a', {}), journal('b', { state: 'missing' }), journal('c', { damage: found })];
  const catalog = { revision: 1, incarnation: 'x', journals };
  expect(storeProblems({ site, volumes: [], catalog, readOnly: undefined })).toEqual([
    'the journal on volume b is missing',
    `the journal on volume c is damaged: ${found}`,
  ]);
});
