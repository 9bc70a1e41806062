import { isAbsolute, relative, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCopysetError } from '../../base/errors.ts';
import { pathBelow } from './local-path.ts';

test('a key is a path below the directory, or refused', () => {
  expect(pathBelow('/to', 'a/b')).toBe('/to/a/b');
  expect(pathBelow('to', '😀/...')).toBe('to/😀/...');
  for (const key of ['', '/', '..', '../a', 'a/..', 'a/../b', '/a', 'a/', 'a//b', '.', './a', 'a\0', 'a\\b'])
    expect(() => pathBelow('/to', key), key).toThrow('cannot be a path below /to');
  expect(() => pathBelow('/to', 'é'.repeat(128))).toThrow('more than 255 bytes');
});

test('no key whatever leads out, nor two keys to one path', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '/', '\\', '...', ' ', '%2e%2e', '~'), fc.string());
  const key = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));
  const paths = new Map<string, string>();
  fc.assert(
    fc.property(key, (text) => {
      try {
        const path = resolve(pathBelow('/root/to', text));
        const below = relative('/root/to', path);
        expect(below === '' || below.startsWith('../') || below === '..' || isAbsolute(below)).toBe(false);
        expect(paths.get(path) ?? text).toBe(text);
        paths.set(path, text);
      } catch (error) {
        expect(isCopysetError(error, 'request.invalid'), String(error)).toBe(true);
      }
    }),
  );
});
