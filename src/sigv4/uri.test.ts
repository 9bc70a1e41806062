import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../base/bytes.ts';
import { canonicalPath, canonicalQueryText, decodeQueryText, percentDecode, uriEncode } from './uri.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((each) => fromUtf8(utf8(each)) === each);

test('what is encoded decodes to itself, and is canonical already', () => {
  fc.assert(
    fc.property(text, fc.boolean(), (original, keepSlash) => {
      const encoded = uriEncode(original, { keepSlash });
      expect(encoded).toMatch(keepSlash ? /^[A-Za-z0-9\-._~%/]*$/ : /^[A-Za-z0-9\-._~%]*$/);
      expect(percentDecode(encoded)).toEqual(utf8(original));
      expect(canonicalPath(encoded)).toBe(encoded);
      if (!keepSlash) expect(canonicalQueryText(encoded)).toBe(encoded);
    }),
  );
});

test.each([
  ['/b/a b', '/b/a%20b'],
  ["/b/!'()*", '/b/%21%27%28%29%2A'],
  ['/b/%7e%41', '/b/~A'],
  ['/b/a%2fb', '/b/a%2Fb'],
  ['/b/../%2e%2E//.', '/b/../..//.'],
  ['/b/\xf0\x9f\x90\xb3', '/b/%F0%9F%90%B3'],
])('%s is signed as %s', (raw, canonical) => {
  expect(canonicalPath(raw)).toBe(canonical);
});

test('a plus is a blank in a query and a plus in a path', () => {
  expect(canonicalQueryText('a+b%2Bc/d')).toBe('a%20b%2Bc%2Fd');
  expect(decodeQueryText('a+b%2Bc')).toEqual(utf8('a b+c'));
  expect(percentDecode('a+b')).toEqual(utf8('a+b'));
});

test.each(['%', '%4', '%zz', 'a%2'])('%s is not percent-encoding', (raw) => {
  expect(percentDecode(raw)).toBeUndefined();
});
