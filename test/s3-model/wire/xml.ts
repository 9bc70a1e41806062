/** Why: documents are read and written with nothing of the door's own code, so that both cannot be wrong together. */

/** What stands in each element of this name; `name` may be several, as `A|B`. */
export function insides(document: string, name: string): string[] {
  return [...document.matchAll(new RegExp(`<(${name})(?: [^>]*)?>(.*?)</\\1>`, 'gs'))].map((match) => match[2] ?? '');
}

export function textOf(document: string, name: string): string | undefined {
  const [inside] = insides(document, name);
  return inside === undefined ? undefined : unescaped(inside);
}

export function textsOf(document: string, name: string): string[] {
  return insides(document, name).map(unescaped);
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex?: string, decimal?: string, name = '') => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return decimal === undefined ? (named[name] ?? '?') : String.fromCodePoint(Number(decimal));
  });
}

export function element(name: string, inside: string): string {
  return `<${name}>${inside}</${name}>`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
