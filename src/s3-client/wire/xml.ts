/**
 * Why: documents come back from endpoints that nobody vouches for: bounded, without DOCTYPE, read into a plain tree.
 */
import { SaxesParser } from 'saxes';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { growTree } from '../../base/xml-tree.ts';

export type XmlNode = { readonly name: string; readonly children: XmlNode[]; text: string };

/** The bytes of an answer bound its elements. */
const bounds = { maxDepth: 16, maxElements: Number.POSITIVE_INFINITY };

/** The outermost element; `not_serving` when the bytes are no such document. */
export function parseXml(bytes: Uint8Array): XmlNode {
  const top: XmlNode = { name: '', children: [], text: '' };
  const parser = new SaxesParser();
  growTree(parser, top, (name): XmlNode => ({ name, children: [], text: '' }), { ...bounds, ...refusals });
  const text = fromUtf8(bytes);
  if (text === undefined) throw unusable('is no UTF-8');
  parser.write(text).close();
  const [root] = top.children;
  if (root === undefined) throw new CopysetError('not_serving', 'the endpoint answered with an empty document');
  return root;
}

function unusable(why: string): CopysetError {
  return new CopysetError('not_serving', `the endpoint answered with a document that ${why}`);
}

const refusals = {
  malformed: () => {
    throw unusable('is no XML');
  },
  doctype: () => {
    throw unusable('has a DOCTYPE');
  },
  tooLarge: () => {
    throw unusable('is too deep');
  },
};

export function childrenOf(node: XmlNode, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.name === name);
}

export function findText(node: XmlNode, name: string): string | undefined {
  return node.children.find((child) => child.name === name)?.text;
}

/** Rejects an answer that lacks what it must have. */
export function textOf(node: XmlNode, name: string): string {
  const text = findText(node, name);
  if (text !== undefined) return text;
  throw new CopysetError('not_serving', `the endpoint answered with a <${node.name}> without <${name}>`);
}

/** False for text that XML 1.0 cannot hold in any form. */
export function fitsXml(text: string): boolean {
  return !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text);
}

/** Blanks that a parser would normalise are written as references. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What is sent: `content` is written already. */
export function requestDocument(root: string, content: string): Uint8Array {
  return utf8(`<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`);
}
