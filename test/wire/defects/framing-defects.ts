/** Why: each way in which a request can be no HTTP, or two things to two readers; none may reach a handler. */
import { bytesOf, type Defect, plusHeaders, type Wire } from '../wire.ts';

/** Of the bytes of the head, which is signed as if it were good. */
function head(name: string, code: Defect['code'], edit: (text: string) => string): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const signed = signer.signed(draft);
    const text = bytesOf({ ...signed, body: Buffer.alloc(0) }).toString('latin1');
    return { ...signed, raw: Buffer.concat([Buffer.from(edit(text), 'latin1'), signed.body]) };
  };
  return { name, code, wire };
}

function withLine(line: string): (text: string) => string {
  return (text) => text.replace('\r\n', `\r\n${line}\r\n`);
}

const noLength = (text: string) => text.replace(/content-length: \d+\r\n/, '');

const heads: readonly Defect[] = [
  head('two lengths', 'InvalidRequest', (text) => withLine('Content-Length: 7\r\nContent-Length: 8')(noLength(text))),
  head('the same length twice', 'InvalidRequest', (text) =>
    withLine('Content-Length: 7\r\nContent-Length: 7')(noLength(text)),
  ),
  head('a length and chunks', 'InvalidRequest', (text) =>
    withLine('Content-Length: 7\r\nTransfer-Encoding: chunked')(noLength(text)),
  ),
  head('chunks and a length', 'InvalidRequest', (text) =>
    withLine('Transfer-Encoding: chunked\r\nContent-Length: 7')(noLength(text)),
  ),
  head('a length with a sign', 'InvalidRequest', (text) => withLine('Content-Length: +7')(noLength(text))),
  head('a length beyond all numbers', 'InvalidRequest', (text) =>
    withLine(`Content-Length: ${'9'.repeat(30)}`)(noLength(text)),
  ),
  head('a coding behind chunked', 'InvalidRequest', (text) =>
    withLine('Transfer-Encoding: chunked, identity')(noLength(text)),
  ),
  head('an unknown coding', 'NotImplemented', (text) => withLine('Transfer-Encoding: xchunked')(noLength(text))),
  head('two codings', 'NotImplemented', (text) => withLine('Transfer-Encoding: gzip, chunked')(noLength(text))),
  head('a folded header', 'InvalidRequest', withLine('X-Folded: a\r\n b')),
  head('a blank before the colon', 'InvalidRequest', withLine('X-Blank : a')),
  head('a header without a name', 'InvalidRequest', withLine(': a')),
  head('a header without a colon', 'InvalidRequest', withLine('X-Nothing')),
  head('a NUL in a header', 'InvalidRequest', withLine('X-Nul: \0')),
  head('a carriage return in a header', 'InvalidRequest', withLine('X-Return: a\rb')),
  head('bare line feeds', 'InvalidRequest', (text) => text.replaceAll('\r\n', '\n')),
  head('one bare line feed', 'InvalidRequest', withLine('X-A: a\nX-B: b')),
  head('two hosts', 'InvalidRequest', withLine('Host: evil.test')),
  head('no host', 'InvalidRequest', (text) => text.replace(/host: [^\r]*\r\n/, '')),
  head('another version of HTTP', 'InvalidRequest', (text) => text.replace('HTTP/1.1', 'HTTP/3.7')),
  head('a blank in the target', 'InvalidRequest', (text) => text.replace(' /', ' / /')),
  head('a header beyond the limit', 'RequestHeaderSectionTooLarge', withLine(`X-Long: ${'x'.repeat(40_000)}`)),
  head(
    'more headers than allowed',
    'RequestHeaderSectionTooLarge',
    withLine(Array(150).fill('X-Many: x').join('\r\n')),
  ),
  head('a target beyond the limit', 'RequestHeaderSectionTooLarge', (text) =>
    text.replace(' /', ` /${'x'.repeat(40_000)}`),
  ),
  head('a target that is no path', 'InvalidURI', (text) => text.replace(' /', ' http://wire.test/')),
  head('a key that is no percent-encoding', 'InvalidURI', (text) => text.replace(/ \/[^ ]*/, ' /wire/%zz')),
  head('a key with NUL', 'InvalidArgument', (text) => text.replace(/ \/[^ ]*/, ' /wire/a%00b')),
  head('a name twice in the query', 'InvalidArgument', (text) => text.replace(/ \/[^ ]*/, ' /wire?a=1&a=2')),
  head('an expectation that is none', 'InvalidRequest', withLine('Expect: miracles')),
];

/** A body in chunks of HTTP that says so. */
function chunked(name: string, body: string): Defect {
  const wire: Defect['wire'] = (draft, signer) => {
    const headers = draft.headers.filter(([each]) => each !== 'content-length');
    const signed = signer.signed({ ...draft, headers: [...headers, ['transfer-encoding', 'chunked']] });
    return { ...signed, body: Buffer.from(body, 'latin1') };
  };
  return { name, code: 'InvalidRequest', wire };
}

const chunks: readonly Defect[] = [
  chunked('a chunk beyond all numbers', 'fffffffffffffffff\r\nhello\r\n0\r\n\r\n'),
  chunked('a chunk with a sign', '-5\r\nhello\r\n0\r\n\r\n'),
  chunked('a chunk whose size is no number', '0x5\r\nhello\r\n0\r\n\r\n'),
  chunked('extensions of a chunk without end', `5;${'x'.repeat(40_000)}\r\nhello\r\n0\r\n\r\n`),
  chunked('a chunk longer than its size', '3\r\nhello\r\n0\r\n\r\n'),
  chunked('a bare line feed behind the size of a chunk', '5\nhello\r\n0\r\n\r\n'),
];

const broken: readonly Defect[] = [
  {
    name: 'a body that ends early',
    code: 'IncompleteBody',
    wire: (draft, signer) => {
      const headers = draft.headers.filter(([name]) => name !== 'content-length');
      const signed = signer.signed({ ...draft, headers: [...headers, ['content-length', '1000']] });
      return { ...signed, body: Buffer.from('hello'), halfClose: true };
    },
  },
  {
    name: 'a head that ends early',
    code: 'InvalidRequest',
    wire: (draft, signer) => {
      const signed: Wire = plusHeaders(signer.signed(draft), ['x-last', 'x']);
      const bytes = bytesOf({ ...signed, body: Buffer.alloc(0) });
      return { ...signed, raw: bytes.subarray(0, -8), halfClose: true };
    },
  },
];

export const framingDefects: readonly Defect[] = [...heads, ...chunks, ...broken];
