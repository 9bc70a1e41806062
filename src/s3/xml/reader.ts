/**
 * Why: request documents come from strangers. saxes tokenises; here is what bounds it: no DOCTYPE, and limits on depth,
 * elements and text, all checked while parsing. The caller has bounded the bytes.
 */
import { SaxesParser } from 'saxes';
import { s3Error } from '../errors.ts';

export class XmlElement {
  readonly name: string;
  readonly children: XmlElement[] = [];
  text = '';

  constructor(name: string) {
    this.name = name;
  }

  /** Text of the only child with this name; undefined when there is none; refuses a second one. */
  textOf(name: string): string | undefined {
    const found = this.all(name);
    if (found.length > 1) throw s3Error('MalformedXML', `<${name}> must come once in <${this.name}>`);
    return found[0]?.text;
  }

  all(name: string): readonly XmlElement[] {
    return this.children.filter((child) => child.name === name);
  }

  /** Refuses, by name, children that are none of these: what is not understood is not ignored. */
  expectOnly(...names: readonly string[]): void {
    const other = this.children.find((child) => !names.includes(child.name));
    if (other !== undefined) throw s3Error('NotImplemented', `<${other.name}> in <${this.name}> is not supported`);
  }
}

const maxDepth = 8;
const maxElements = 100_000;

/** Parses UTF-8 given in pieces; `root` is the name that the outermost element must have. */
export function readXml(pieces: readonly Uint8Array[], root: string): XmlElement {
  const parser = new SaxesParser();
  const top = new XmlElement('');
  build(parser, top);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (const piece of pieces) parser.write(decoder.decode(piece, { stream: true }));
    parser.write(decoder.decode()).close();
  } catch (cause) {
    throw s3Error('MalformedXML', `The XML is not well-formed: ${(cause as Error).message}`);
  }
  const [document] = top.children;
  if (document?.name !== root) throw s3Error('MalformedXML', `The document must be a <${root}>`);
  return document;
}

function build(parser: SaxesParser, top: XmlElement): void {
  const open = [top];
  let elements = 0;
  const refuse = (why: string) => {
    throw s3Error('MalformedXML', why);
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => refuse('a DOCTYPE'));
  parser.on('opentag', ({ name }) => {
    if (open.length > maxDepth || ++elements > maxElements) refuse('too deep or too many elements');
    const element = new XmlElement(name);
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
