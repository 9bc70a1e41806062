import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../base/bytes.ts';
import { toFailure } from '../errors.ts';
import { readXml } from './reader.ts';
import { escapeXml, writeXml } from './writer.ts';

function read(text: string, root = 'R') {
  return readXml([utf8(text)], root);
}

function refusal(text: string): string {
  try {
    read(text);
    return 'accepted';
  } catch (error) {
    return toFailure(error).code;
  }
}

/** What XML 1.0 can hold. */
const text = fc.string({ unit: 'grapheme', maxLength: 40 });

test('what is written is read back, also with line ends', () => {
  fc.assert(
    fc.property(text, (value) => {
      const original = `${value}\r\n\t<&>"'`;
      expect(
        read(writeXml('R', { A: { B: original } }))
          .all('A')[0]
          ?.textOf('B'),
      ).toBe(original);
    }),
  );
});

test('data becomes elements in order: lists repeat, undefined is left out', () => {
  const written = writeXml('R', { A: 1, B: undefined, C: ['x', { D: true }], E: {} });
  expect(written).toContain('"><A>1</A><C>x</C><C><D>true</D></C><E></E></R>');
});

test('elements of different names take turns, and attributes are escaped', () => {
  expect(writeXml('R', [{ A: 1 }, { B: 2 }, { A: 3 }])).toContain('"><A>1</A><B>2</B><A>3</A></R>');
  expect(writeXml('R', { A: { '@x:y': '<"&', B: 1 } })).toContain('"><A x:y="&lt;&quot;&amp;"><B>1</B></A></R>');
});

test.each([
  ['\0', '&#x0;'],
  ['\x01', '&#x1;'],
  ['\r', '&#xD;'],
  ['\x7f\x85', '&#x7F;&#x85;'],
  ['\uffff', '&#xFFFF;'],
  ['🐳', '🐳'],
])('%j is written as %s', (value, written) => {
  expect(escapeXml(value)).toBe(written);
});

describe('reading', () => {
  test('text may come in pieces cut inside a character, in CDATA and by reference', () => {
    const bytes = utf8('<R><A>é<![CDATA[<b>]]>&amp;&#x41;</A></R>');
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(readXml(pieces, 'R').textOf('A')).toBe('é<b>&A');
  });

  test('a name space and an encoding change nothing', () => {
    expect(read('<?xml version="1.0" encoding="UTF-8"?><R xmlns="urn:x"><A>1</A></R>').textOf('A')).toBe('1');
  });

  test.each([
    ['nothing', ''],
    ['no XML', 'hello'],
    ['another root', '<Q/>'],
    ['an unclosed element', '<R><A></R>'],
    ['two roots', '<R/><R/>'],
    ['a DOCTYPE', '<!DOCTYPE R><R/>'],
    ['entities of its own', '<!DOCTYPE R [<!ENTITY a "b">]><R>&a;</R>'],
    ['an unknown entity', '<R>&a;</R>'],
    ['an external entity', '<!DOCTYPE R [<!ENTITY a SYSTEM "file:///etc/passwd">]><R>&a;</R>'],
    ['100,000 nested elements', '<a>'.repeat(100_000)],
    ['too many elements', `<R>${'<a/>'.repeat(100_001)}</R>`],
    ['a control character by reference', '<R>&#1;</R>'],
  ])('%s is refused', (_, document) => {
    expect(refusal(document)).toBe('MalformedXML');
  });

  test('bytes that are no UTF-8 are refused', () => {
    expect(() => readXml([utf8('<R>'), Uint8Array.of(0xff), utf8('</R>')], 'R')).toThrow();
    expect(() => readXml([utf8('<R></R>'), Uint8Array.of(0xc3)], 'R')).toThrow();
  });

  test('a million references are read in a moment', () => {
    expect(read(`<R><A>${'&lt;'.repeat(1_000_000)}</A></R>`).textOf('A')?.length).toBe(1_000_000);
  });

  test('what must come once is refused twice; what is not understood is named', () => {
    const element = read('<R><A/><A/><B/></R>');
    expect(() => element.textOf('A')).toThrow('must come once');
    expect(() => element.expectOnly('A')).toThrow('<B> in <R> is not supported');
    expect(element.textOf('C')).toBeUndefined();
  });
});
