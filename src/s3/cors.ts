/**
 * Why: a browser asks a bucket whether a page of another origin may use it. The rules are data, and both answers, to
 * the question before a request and beside the answer to it, are decided here. Source: "Using cross-origin resource
 * sharing (CORS)", Amazon S3 User Guide; the questions: "CORS protocol", WHATWG Fetch Standard.
 */
import { s3Error } from './errors.ts';
import type { HeaderFields } from './head.ts';
import { readXml, type XmlElement } from './xml/reader.ts';

const corsMethods = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE'] as const;
type CorsMethod = (typeof corsMethods)[number];

export type CorsRule = {
  readonly id: string | undefined;
  /** Each with one `*` at most. */
  readonly origins: readonly string[];
  readonly methods: readonly CorsMethod[];
  /** Lower-case, each with one `*` at most. */
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAgeSeconds: number | undefined;
};

const maxRules = 100;
const maxIdLength = 255;
const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The rules of a `<CORSConfiguration>`, given in pieces of UTF-8. */
export function parseCors(pieces: readonly Uint8Array[]): readonly CorsRule[] {
  const document = readXml(pieces, 'CORSConfiguration');
  document.expectOnly('CORSRule');
  const rules = document.all('CORSRule');
  if (rules.length === 0 || rules.length > maxRules) throw malformed(`there must be 1 to ${maxRules} rules`);
  return rules.map(parseRule);
}

function parseRule(rule: XmlElement): CorsRule {
  rule.expectOnly('ID', 'AllowedOrigin', 'AllowedMethod', 'AllowedHeader', 'ExposeHeader', 'MaxAgeSeconds');
  const texts = (name: string) => rule.all(name).map(({ text }) => text.trim());
  const id = rule.textOf('ID');
  if (id !== undefined && id.length > maxIdLength) throw malformed(`an ID has more than ${maxIdLength} characters`);
  return {
    id,
    origins: atLeastOne(texts('AllowedOrigin'), 'AllowedOrigin').map(parseOrigin),
    methods: atLeastOne(texts('AllowedMethod'), 'AllowedMethod').map(parseMethod),
    headers: texts('AllowedHeader').map((name) => parseName(withOneStar(name, 'AllowedHeader'), 'AllowedHeader')),
    exposed: texts('ExposeHeader').map((name) => parseName(name, 'ExposeHeader')),
    maxAgeSeconds: parseMaxAge(rule.textOf('MaxAgeSeconds')?.trim()),
  };
}

function atLeastOne(texts: readonly string[], name: string): readonly string[] {
  if (texts.length === 0) throw malformed(`a rule needs <${name}>`);
  return texts;
}

function parseOrigin(origin: string): string {
  if (!/^[!-~]+$/.test(origin)) throw malformed(`AllowedOrigin "${origin}" is no origin`);
  return withOneStar(origin, 'AllowedOrigin');
}

function parseMethod(method: string): CorsMethod {
  const known = corsMethods.find((each) => each === method);
  if (known === undefined)
    throw invalid(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
  return known;
}

function withOneStar(text: string, name: string): string {
  if (text.split('*').length > 2) throw invalid(`${name} "${text}" can not have more than one wildcard`);
  return text;
}

/** Header names are written into replies, so they are nothing but names. */
function parseName(name: string, element: string): string {
  if (!tokenPattern.test(name)) throw malformed(`${element} "${name}" is no header name`);
  return element === 'ExposeHeader' ? name : name.toLowerCase();
}

function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw malformed('MaxAgeSeconds must be a number of seconds');
  return Number(text);
}

export type CorsHeaders = Readonly<Record<string, string>>;

/** The answer to a preflight request. Undefined rules: the bucket has none, or there is no such bucket. */
export function answerPreflight(rules: readonly CorsRule[] | undefined, headers: HeaderFields): CorsHeaders {
  const origin = headers.get('origin');
  if (origin === undefined) throw invalid('Insufficient information. Origin request header needed.');
  const method = headers.get('access-control-request-method');
  if (!corsMethods.some((each) => each === method)) {
    throw invalid(`Invalid Access-Control-Request-Method: ${method ?? 'null'}`);
  }
  if (rules === undefined) throw s3Error('AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.');
  const asked = askedHeaders(headers.get('access-control-request-headers'));
  const rule = rules.find((each) => allows(each, origin, method) && asked.every((name) => allowsHeader(each, name)));
  if (rule === undefined) {
    throw s3Error(
      'AccessForbidden',
      'CORSResponse: This CORS request is not allowed: no rule of the bucket has its origin, method and headers.',
    );
  }
  return {
    ...grant(rule, origin),
    ...(asked.length === 0 ? {} : { 'access-control-allow-headers': asked.join(', ') }),
    ...(rule.maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(rule.maxAgeSeconds) }),
  };
}

/** What goes beside the answer to a request of this method and origin; nothing where no rule is for it. */
export function corsHeaders(rules: readonly CorsRule[] | undefined, method: string, origin: string): CorsHeaders {
  const rule = rules?.find((each) => allows(each, origin, method));
  return rule === undefined ? {} : grant(rule, origin);
}

function askedHeaders(value: string | undefined): readonly string[] {
  const names = (value ?? '').split(',').map((name) => name.trim().toLowerCase());
  const asked = names.filter((name) => name !== '');
  if (!asked.every((name) => tokenPattern.test(name))) throw invalid('Invalid Access-Control-Request-Headers');
  return asked;
}

function allows({ origins, methods }: CorsRule, origin: string, method: string | undefined): boolean {
  return origins.some((pattern) => matchesStar(pattern, origin)) && methods.some((each) => each === method);
}

function allowsHeader({ headers }: CorsRule, name: string): boolean {
  return headers.some((pattern) => matchesStar(pattern, name));
}

function matchesStar(pattern: string, text: string): boolean {
  const [before = '', after] = pattern.split('*');
  if (after === undefined) return pattern === text;
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

/** Credentials go with a named origin only: a rule for everybody is not one for somebody who is logged in. */
function grant(rule: CorsRule, origin: string): CorsHeaders {
  const isForAll = rule.origins.includes('*');
  return {
    'access-control-allow-origin': isForAll ? '*' : origin,
    ...(isForAll ? {} : { 'access-control-allow-credentials': 'true' }),
    'access-control-allow-methods': rule.methods.join(', '),
    ...(rule.exposed.length === 0 ? {} : { 'access-control-expose-headers': rule.exposed.join(', ') }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function invalid(message: string) {
  return s3Error('InvalidRequest', message);
}

function malformed(why: string) {
  return s3Error('MalformedXML', `The CORS configuration is not valid: ${why}`);
}
