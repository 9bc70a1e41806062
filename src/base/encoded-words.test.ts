import { describe, expect, test } from 'vitest';
import { decodeWords, encodeWords } from './encoded-words.ts';

describe('encoded words', () => {
  test.each([
    ['plain', 'plain'],
    ['=?UTF-8?B?Y2Fmw6k=?=', 'café'],
    ['=?utf-8?q?caf=C3=A9_au_lait?=', 'café au lait'],
    ['=?ISO-8859-1?Q?caf=E9?=', 'café'],
    ['a =?UTF-8?Q?b?= =?UTF-8?Q?c?= d', 'a bc d'],
    ['=?UTF-8?Q?=0D=0A?=', '\r\n'],
    ['=?KOI8-R?Q?x?=', '=?KOI8-R?Q?x?='],
    ['=?UTF-8?Q?=F?=', '=?UTF-8?Q?=F?='],
    ['=?UTF-8?B?!?=', '=?UTF-8?B?!?='],
    ['=?UTF-8?Q?=FF?=', '=?UTF-8?Q?=FF?='],
  ])('%s says %j', (sent, text) => {
    expect(decodeWords(sent)).toBe(text);
    expect(decodeWords(encodeWords(text))).toBe(text);
  });

  test('are ASCII without control characters, whatever they say', () => {
    expect(encodeWords('a\r\nx-injected: é')).toMatch(/^=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=$/);
  });
});
