import { expect, test } from 'vitest';
import { ParsedDocuments } from './parsed-documents.ts';

function counting() {
  const parsed: string[] = [];
  const documents = new ParsedDocuments((text, bucket) => {
    if (text === 'wrong') throw new Error('it is wrong');
    parsed.push(`${bucket} ${text}`);
    return { text, bucket };
  });
  return { parsed, documents };
}

test('a text is parsed when it is another one than before, of that bucket', () => {
  const { parsed, documents } = counting();
  for (const text of ['a', 'a', 'b', 'b', 'a']) expect(documents.of('one', text)).toEqual({ text, bucket: 'one' });
  expect(documents.of('two', 'a')).toEqual({ text: 'a', bucket: 'two' });
  expect(documents.of('one', 'a')).toEqual({ text: 'a', bucket: 'one' });
  expect(parsed).toEqual(['one a', 'one b', 'one a', 'two a']);
});

test('what cannot be parsed is refused each time, and takes nothing away', () => {
  const { parsed, documents } = counting();
  documents.of('one', 'a');
  for (const _ of [1, 2]) expect(() => documents.of('one', 'wrong')).toThrow('it is wrong');
  documents.of('one', 'a');
  expect(parsed).toEqual(['one a']);
});

test('of many buckets those are kept that came last', () => {
  const { parsed, documents } = counting();
  const buckets = Array.from({ length: 200 }, (_, at) => `bucket ${at}`);
  for (const bucket of buckets) documents.of(bucket, 'a');
  expect(parsed).toHaveLength(200);
  for (const bucket of buckets.slice(-64)) documents.of(bucket, 'a');
  expect(parsed).toHaveLength(200);
  documents.of('bucket 0', 'a');
  expect(parsed).toHaveLength(201);
});
