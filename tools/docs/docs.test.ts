import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { isCopysetError } from '../../src/base/errors.ts';
import { HeaderFields } from '../../src/s3/head.ts';
import { operations } from '../../src/s3/operations/operations.ts';
import { RouteTable } from '../../src/s3/router/route-table.ts';
import { parseTarget } from '../../src/s3/router/target.ts';
import { root } from '../process.ts';
import { printed, withPrinted } from './main.ts';
import { refused } from './s3-refused.ts';

test.each(printed)('$path says of $name what the code says (else: npm run docs)', async (each) => {
  const text = await readFile(root + each.path, 'utf8');
  expect(withPrinted(text, each)).toBe(text);
});

test('a document without a place for it is refused', () => {
  expect(() => withPrinted('', { path: 'x.md', name: 'y', print: () => '' })).toThrow('x.md has no place for "y"');
});

describe('what the reference says to be refused is refused', () => {
  const table = new RouteTable(operations);

  test.each(Object.entries(refused))('%s', (_, requests) => {
    for (const { method, target, header = [] } of requests) {
      const head = { method, target, headers: new HeaderFields([...header]) };
      expect(() => table.match(head, parseTarget(target)), `${method} ${target} ${header.join(': ')}`).toThrowError(
        expect.toSatisfy((error) => isCopysetError(error, 'unsupported')),
      );
    }
  });
});
