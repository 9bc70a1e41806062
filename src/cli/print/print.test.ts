import { expect, test } from 'vitest';
import { printTable } from './table.ts';
import { printBytes, printCount, printDuration } from './units.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [10 * 1024, '10 KiB'],
  [1536 * 1024, '1.5 MiB'],
  [99.7 * 1024, '100 KiB'],
  [150 * 2 ** 30, '150 GiB'],
  [2 ** 60, '1024 PiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(printBytes(bytes)).toBe(text);
});

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [90_000, '2 min'],
  [3_600_000, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
  [100 * 3_600_000, '4 d 4 h'],
])('%d ms are %s', (ms, text) => {
  expect(printDuration(ms)).toBe(text);
});

test('counts have thousands', () => {
  expect(printCount(1234567)).toBe('1,234,567');
});

test('columns are as wide as what stands in them', () => {
  const columns = [
    { head: 'A', cell: (row: string) => row },
    { head: 'LENGTH', cell: (row: string) => String(row.length), right: true },
  ];
  expect(printTable(columns, ['x', 'long'])).toBe('A     LENGTH\nx          1\nlong       4\n');
});
