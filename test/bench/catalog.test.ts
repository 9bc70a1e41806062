import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { anywhere, folderAt, keyAt, keysPerFolder, keysPerPrefix, prefixAt } from '../../bench/catalog/keys.ts';
import type { CatalogFigures } from '../../bench/catalog/measure.ts';
import { catalogTable } from '../../bench/catalog/report.ts';
import { run } from '../clients/python-tool.ts';

const program = fileURLToPath(new URL('../../bench/catalog/main.ts', import.meta.url));

test('keys are in the order of their numbers, and lie in the folders and prefixes that are named', () => {
  const numbers = [0, 99, 100, 999, 1000, 1234, 99_999, 100_000, 9_999_999];
  const keys = numbers.map(keyAt);
  expect(keys.toSorted()).toEqual(keys);
  for (const number of numbers) {
    expect(keyAt(number)).toContain(folderAt(Math.floor(number / keysPerFolder)));
    expect(keyAt(number).startsWith(prefixAt(Math.floor(number / keysPerPrefix)))).toBe(true);
    expect(keyAt(number).startsWith(prefixAt(Math.floor(number / keysPerPrefix) + 1))).toBe(false);
  }
});

test('what lies anywhere lies in bounds and apart', () => {
  const places = anywhere(100, 1000);
  expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...places)).toBeLessThan(1000);
  expect(new Set(places).size).toBe(100);
});

test('a wrong number of keys is answered with one line', async () => {
  const bench = (...args: readonly string[]) => run(process.execPath, [program, ...args]);
  const wrong = 'bench: --keys must be multiples of 1000, from 2000 on\n';
  expect(await bench('--keys', '1500')).toMatchObject({ code: 2, err: wrong });
  expect(await bench('--keys', '2000,1000')).toMatchObject({ code: 2, err: wrong });
  expect(await bench('--keys', 'many')).toMatchObject({ code: 2, err: expect.stringContaining('a whole number') });
});

test.skipIf(process.platform !== 'linux')(
  'a small run measures each size by the door, and leaves nothing',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'copyset-bench-test-'));
    try {
      const args = [program, '--keys', '4000,2000', '--seconds', '0.1', '--json', '--dir', folder];
      const { code, out, err } = await run(process.execPath, args);
      expect(code, err).toBe(0);
      const { sizes } = JSON.parse(out) as { readonly sizes: CatalogFigures[] };
      expect(sizes.map(({ keys }) => keys)).toEqual([2000, 4000]);
      for (const { databaseBytes, journalBytes, journals, answers, readyAfterKillSeconds } of sizes) {
        expect(databaseBytes / 2000).toBeGreaterThan(100);
        expect(journalBytes / 2000).toBeGreaterThan(100);
        expect(journals).toBe(3);
        expect(readyAfterKillSeconds).toBeGreaterThan(0);
        expect(answers).toHaveLength(7);
      }
      expect(catalogTable(sizes).split('\n')[0]).toBe('|  | 2,000 keys | 4,000 keys |');
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
