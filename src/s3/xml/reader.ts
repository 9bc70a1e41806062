/**
 * Why: request documents come from strangers: no DOCTYPE, and limits on depth and elements, all checked while parsing.
 * The caller has bounded the bytes.
 */
import { SaxesParser } from 'saxes';
import { growTree } from '../../base/xml-tree.ts';
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

const refusals = {
  malformed: (error: Error) => {
    throw error;
  },
  doctype: () => {
    throw s3Error('MalformedXML', 'a DOCTYPE');
  },
  tooLarge: () => {
    throw s3Error('MalformedXML', 'too deep or too many elements');
  },
};

/** Parses UTF-8 given in pieces; `root` is the name that the outermost element must have. */
export function readXml(pieces: readonly Uint8Array[], root: string): XmlElement {
  const parser = new SaxesParser();
  const top = new XmlElement('');
  growTree(parser, top, (name) => new XmlElement(name), { maxDepth, maxElements, ...refusals });
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
