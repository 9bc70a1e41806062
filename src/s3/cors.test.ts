import { describe, expect, test } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import { answerPreflight, type CorsRule, corsHeaders, parseCors } from './cors.ts';
import { toFailure } from './errors.ts';
import { HeaderFields } from './head.ts';

const example = '<AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>';

function parse(...rules: readonly string[]): readonly CorsRule[] {
  const inner = rules.map((rule) => `<CORSRule>${rule}</CORSRule>`).join('');
  return parseCors([utf8(`<CORSConfiguration>${inner}</CORSConfiguration>`)]);
}

function preflight(rules: readonly CorsRule[] | undefined, headers: Readonly<Record<string, string>>) {
  return answerPreflight(rules, new HeaderFields(Object.entries(headers).flat()));
}

function refusal(act: () => unknown): { code: string; message: string } {
  try {
    act();
    return { code: 'accepted', message: '' };
  } catch (error) {
    return toFailure(error);
  }
}

test('rules are read whole', () => {
  const rest =
    '<AllowedHeader>X-Amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>';
  expect(parse(`<ID>one</ID>${example}${rest}`)).toEqual([
    {
      id: 'one',
      origins: ['https://*.example.com'],
      methods: ['PUT'],
      headers: ['x-amz-*'],
      exposed: ['ETag'],
      maxAgeSeconds: 60,
    },
  ]);
});

test.each([
  ['no rule', [], 'MalformedXML'],
  ['too many rules', Array.from({ length: 101 }, () => example), 'MalformedXML'],
  ['no origin', ['<AllowedMethod>PUT</AllowedMethod>'], 'MalformedXML'],
  ['no method', ['<AllowedOrigin>*</AllowedOrigin>'], 'MalformedXML'],
  ['another method', [`${example}<AllowedMethod>PATCH</AllowedMethod>`], 'InvalidRequest'],
  ['two stars in an origin', [`${example}<AllowedOrigin>*.a.*</AllowedOrigin>`], 'InvalidRequest'],
  ['two stars in a header', [`${example}<AllowedHeader>*-*</AllowedHeader>`], 'InvalidRequest'],
  ['an origin with a line end', [`${example}<AllowedOrigin>a&#13;&#10;b</AllowedOrigin>`], 'MalformedXML'],
  ['a header with a line end', [`${example}<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>`], 'MalformedXML'],
  ['an age that is none', [`${example}<MaxAgeSeconds>-1</MaxAgeSeconds>`], 'MalformedXML'],
  ['two ages', [`${example}<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>2</MaxAgeSeconds>`], 'MalformedXML'],
  ['a long name', [`<ID>${'x'.repeat(256)}</ID>${example}`], 'MalformedXML'],
  ['what is not understood', [`${example}<Foo/>`], 'NotImplemented'],
])('%s is refused', (_, rules, code) => {
  expect(refusal(() => parse(...rules)).code).toBe(code);
});

const ask = { origin: 'https://www.example.com', 'access-control-request-method': 'PUT' };

describe('the question before a request', () => {
  test('is answered with what the rule grants', () => {
    const rest =
      '<AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>';
    const asked = { ...ask, 'access-control-request-headers': 'X-Amz-Date, x-amz-acl' };
    expect(preflight(parse(example + rest), asked)).toEqual({
      'access-control-allow-origin': 'https://www.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-amz-date, x-amz-acl',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '60',
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    });
  });

  test('an origin for everybody comes without credentials', () => {
    const rules = parse('<AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>');
    const { 'access-control-allow-origin': origin, ...rest } = preflight(rules, ask);
    expect(origin).toBe('*');
    expect(rest).not.toHaveProperty('access-control-allow-credentials');
  });

  test('the first rule that has all counts', () => {
    const rules = parse(example, `${example}<AllowedHeader>*</AllowedHeader><MaxAgeSeconds>5</MaxAgeSeconds>`);
    expect(preflight(rules, ask)).not.toHaveProperty('access-control-max-age');
    expect(preflight(rules, { ...ask, 'access-control-request-headers': 'a' })).toHaveProperty(
      'access-control-max-age',
    );
  });

  test.each([
    ['no rules', undefined, {}, 'AccessForbidden'],
    ['another origin', parse(example), { origin: 'https://example.org' }, 'AccessForbidden'],
    ['an origin that only ends so', parse(example), { origin: 'https://example.com' }, 'AccessForbidden'],
    ['another method', parse(example), { 'access-control-request-method': 'GET' }, 'AccessForbidden'],
    ['a header', parse(example), { 'access-control-request-headers': 'range' }, 'AccessForbidden'],
    ['no method at all', parse(example), { 'access-control-request-method': 'FETCH' }, 'InvalidRequest'],
    ['a header that is none', parse(example), { 'access-control-request-headers': 'a b' }, 'InvalidRequest'],
  ])('is refused: %s', (_, rules, change, code) => {
    expect(refusal(() => preflight(rules, { ...ask, ...change })).code).toBe(code);
  });

  test('without rules says so as S3 does', () => {
    expect(refusal(() => preflight(undefined, ask)).message).toBe('CORSResponse: CORS is not enabled for this bucket.');
    expect(refusal(() => preflight(parse(example), {})).message).toContain('Origin request header needed');
  });
});

describe('beside the answer to a request', () => {
  test('stands what the rule grants to its method and origin', () => {
    const rules = parse(`${example}<ExposeHeader>ETag</ExposeHeader>`);
    expect(corsHeaders(rules, 'PUT', ask.origin)).toMatchObject({
      'access-control-allow-origin': ask.origin,
      'access-control-expose-headers': 'ETag',
    });
    expect(corsHeaders(rules, 'GET', ask.origin)).toEqual({});
    expect(corsHeaders(rules, 'PUT', 'null')).toEqual({});
    expect(corsHeaders(undefined, 'PUT', ask.origin)).toEqual({});
  });
});
