import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { root } from '../process.ts';
import { printed, withPrinted } from './main.ts';

test.each(printed)('$path says of $name what the code says (else: npm run docs)', async (each) => {
  const text = await readFile(root + each.path, 'utf8');
  expect(withPrinted(text, each)).toBe(text);
});

test('a document without a place for it is refused', () => {
  expect(() => withPrinted('', { path: 'x.md', name: 'y', print: () => '' })).toThrow('x.md has no place for "y"');
});
