/** Why: documents come from strangers; the worst of them end neither the process nor its patience. */

import { withBody } from '../draft.ts';
import type { Defect } from '../wire.ts';

function document(name: string, code: Defect['code'], text: string | Buffer): Defect {
  const body = Buffer.from(text);
  return { name: `document: ${name}`, code, wire: (draft, signer) => signer.signed(withBody(draft, body)) };
}

export type DocumentCodes = {
  /** With which an operation refuses a document that is none. */
  readonly malformed: Defect['code'];
  readonly notText: Defect['code'];
};

export const documentDefects = ({ malformed, notText }: DocumentCodes): readonly Defect[] => [
  document('no XML', malformed, 'hello'),
  document('another root', malformed, '<Wire/>'),
  document('a DOCTYPE', malformed, '<!DOCTYPE Delete><Delete/>'),
  document('an entity of its own', malformed, '<!DOCTYPE D [<!ENTITY a "b">]><D>&a;</D>'),
  document('an external entity', malformed, '<!DOCTYPE D [<!ENTITY a SYSTEM "file:///etc/passwd">]><D>&a;</D>'),
  document(
    'entities that multiply',
    malformed,
    `<!DOCTYPE D [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "${'&a;'.repeat(1000)}">]><D>${'&b;'.repeat(1000)}</D>`,
  ),
  document('100,000 nested elements', malformed, '<a>'.repeat(100_000)),
  document('100,000 nested elements, closed', malformed, '<a>'.repeat(100_000) + '</a>'.repeat(100_000)),
  document('too many elements', malformed, `<a>${'<b/>'.repeat(200_000)}</a>`),
  document('a million references', malformed, `<a>${'&lt;'.repeat(1_000_000)}</a>`),
  document(
    'a million attributes',
    malformed,
    `<a ${Array.from({ length: 100_000 }, (_, at) => `a${at}=""`).join(' ')}/>`,
  ),
  document('an unclosed element', malformed, '<Delete><Object>'),
  document('no UTF-8', notText, Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e])),
  document('a character that XML has not', malformed, '<a>&#0;</a>'),
  document('more than 4 MiB', 'MaxMessageLengthExceeded', Buffer.alloc(4 * 2 ** 20 + 1, ' ')),
];
