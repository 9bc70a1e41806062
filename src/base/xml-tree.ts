/**
 * Why: XML comes from strangers, on both sides of the wire. saxes tokenises; what bounds it is checked while parsing,
 * so that no document costs more than it is worth. What a refusal is called is the caller's.
 */
import type { SaxesParser } from 'saxes';

export type XmlTree<E> = { readonly children: E[]; text: string };

export type XmlBounds = { readonly maxDepth: number; readonly maxElements: number };

/** Each throws. */
export type XmlRefusals = {
  readonly malformed: (error: Error) => never;
  readonly doctype: () => never;
  readonly tooLarge: () => never;
};

/** Hangs what the parser meets below `top`; text and CDATA of an element are one text. */
export function growTree<E extends XmlTree<E>>(
  parser: SaxesParser,
  top: E,
  make: (name: string) => E,
  { maxDepth, maxElements, malformed, doctype, tooLarge }: XmlBounds & XmlRefusals,
): void {
  const open = [top];
  let elements = 0;
  parser.on('error', malformed);
  parser.on('doctype', doctype);
  parser.on('opentag', ({ name }) => {
    if (open.length > maxDepth || ++elements > maxElements) tooLarge();
    const element = make(name);
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  const text = (more: string) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += more;
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => void open.pop());
}
