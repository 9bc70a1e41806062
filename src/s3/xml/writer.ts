/**
 * Why: every answer is data, written as XML in one place that escapes all text, so that no key can break out of its
 * element.
 */

/**
 * Undefined leaves its element out; a list repeats it. Order is the order of the fields. A field whose name begins with
 * `@` is an attribute.
 */
export type XmlValue = string | number | boolean | undefined | XmlFields | readonly (string | XmlFields)[];
export type XmlFields = { readonly [name: string]: XmlValue };

export const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
const nameSpace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/**
 * A document in S3's name space; its root holds elements, or a text. A list of fields is for elements of different
 * names that take turns.
 */
export function writeXml(root: string, content: XmlFields | readonly XmlFields[] | string): string {
  const inside = typeof content === 'string' ? escapeXml(content) : [content].flat().map(elements).join('');
  return `${declaration}<${root} xmlns="${nameSpace}">${inside}</${root}>`;
}

/** Error documents stand in no name space. */
export function writeErrorXml(fields: XmlFields): string {
  return `${declaration}<Error>${elements(fields)}</Error>`;
}

/** Called for every key of a listing: it makes the text and nothing besides. */
function elements(fields: XmlFields): string {
  let text = '';
  for (const name of Object.keys(fields)) if (!isAttribute(name)) text += element(name, fields[name]);
  return text;
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (isList(value)) return value.map((each) => element(name, each)).join('');
  if (typeof value === 'string') return `<${name}>${escapeXml(value)}</${name}>`;
  if (typeof value !== 'object') return `<${name}>${value}</${name}>`;
  return `<${name}${attributes(value)}>${elements(value)}</${name}>`;
}

function attributes(fields: XmlFields): string {
  let text = '';
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (isAttribute(name)) text += ` ${name.slice(1)}="${escapeXml(typeof value === 'string' ? value : '')}"`;
  }
  return text;
}

function isAttribute(name: string): boolean {
  return name.charCodeAt(0) === atSign;
}

const atSign = 0x40;

function isList(value: XmlValue): value is readonly (string | XmlFields)[] {
  return Array.isArray(value);
}

/**
 * Carriage returns and what XML 1.0 cannot hold become character references, as S3 itself does; a listing that must
 * survive strict parsers asks for encoding-type=url.
 */
export function escapeXml(text: string): string {
  return special.test(text) ? text.replace(allSpecial, (found) => named[found] ?? reference(found)) : text;
}

const special = /[&<>"'\p{Cc}\uFFFE\uFFFF]/u;
const allSpecial = new RegExp(special, 'gu');

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function reference(character: string): string {
  return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
}
