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
  for (const name in fields) if (!isAttribute(name)) text += element(name, fields[name]);
  return text;
}

function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return `<${name}>${escapeXml(value)}</${name}>`;
  if (typeof value !== 'object') return `<${name}>${value}</${name}>`;
  if (!isList(value)) return `<${name}${attributes(value)}>${elements(value)}</${name}>`;
  let text = '';
  for (const each of value) text += element(name, each);
  return text;
}

function attributes(fields: XmlFields): string {
  let text = '';
  for (const name in fields) {
    if (!isAttribute(name)) continue;
    const value = fields[name];
    text += ` ${name.slice(1)}="${escapeXml(typeof value === 'string' ? value : '')}"`;
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
  let written = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isSpecial(code)) continue;
    const character = text[at] as string;
    written += text.slice(from, at) + (named[character] ?? reference(code));
    from = at + 1;
  }
  return from === 0 ? text : written + text.slice(from);
}

/** Markup, quotes, control characters, and what is no character of XML. */
function isSpecial(code: number): boolean {
  if (code < 0x40)
    return code < 0x20 || code === 0x26 || code === 0x3c || code === 0x3e || code === 0x22 || code === 0x27;
  return (code >= 0x7f && code < 0xa0) || code >= 0xfffe;
}

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function reference(code: number): string {
  return `&#x${code.toString(16).toUpperCase()};`;
}
