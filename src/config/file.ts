/**
 * Why: a server is configured by a file that somebody edits by hand: a key that nobody knows, one that stands twice, a
 * value out of range are each named with their line, and nothing is started with half of what was meant.
 */
import { open } from 'node:fs/promises';
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { CopysetError } from '../base/errors.ts';
import { keyOf, type Option, type OptionName, options } from './options.ts';
import { nearestName } from './spelling.ts';
import { type RowsType, readValue, type ValueType } from './value.ts';

export type FileEntry = { readonly value: unknown; readonly line: number };
export type ConfigFile = { readonly path: string; readonly entries: ReadonlyMap<OptionName, FileEntry> };

const mostBytes = 2 ** 20;

/**
 * Reads YAML whose keys are the flags without their dashes: `memory-bytes: 4GiB`. `names` are the keys that it knows.
 */
export async function readConfigFile(path: string, names: readonly OptionName[]): Promise<ConfigFile> {
  return parseConfig(await readBounded(path), { path, names });
}

type Source = { readonly path: string; readonly names: readonly OptionName[] };
type Place = { readonly path: string; lineOf(node: Node | undefined): number };

export function parseConfig(text: string, { path, names }: Source): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'failsafe', // every value is the text that stands there
    uniqueKeys: false, // told here, with both lines
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const place = { path, lineOf: (node: Node | undefined) => lineAt(node?.range?.[0] ?? 0) };
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw invalid(`${path}:${lineAt(fault.pos[0])}: ${fault.message}`);
  const { contents } = document;
  if (contents === null || isEmpty(contents)) return { path, entries: new Map() };
  if (!isMap<Node, Node | null>(contents)) throw invalid(`${path} must hold keys with their values, as \`volumes: 4\``);
  const known = new Map(names.map((name) => [keyOf(name), name]));
  const entries = [...fieldsOf(contents.items, [...known.keys()], place)].map(([key, field]) => {
    const name = known.get(key) as OptionName;
    const value = readNode((options[name] as Option).type, field, place);
    return [name, { value, line: field.line }] as const;
  });
  return { path, entries: new Map(entries) };
}

type Field = { readonly key: string; readonly line: number; readonly node: Node | null };

/** Refuses keys that are not known, and those that stand twice. */
function fieldsOf(pairs: readonly Pair<Node, Node | null>[], known: readonly string[], place: Place) {
  const fields = new Map<string, Field>();
  for (const { key: keyNode, value: node } of pairs) {
    const line = place.lineOf(keyNode);
    const key = isScalar(keyNode) ? String(keyNode.value) : '';
    if (!known.includes(key)) throw unknownKey(key, `${place.path}:${line}`, known);
    const before = fields.get(key);
    if (before !== undefined)
      throw invalid(`the key \`${key}\` stands twice: at ${place.path}:${before.line} and at ${place.path}:${line}`);
    fields.set(key, { key, line, node });
  }
  return fields;
}

function unknownKey(key: string, where: string, known: readonly string[]): CopysetError {
  const near = nearestName(key, known);
  const instead = near === undefined ? `known are ${known.join(', ')}` : `did you mean \`${near}\`?`;
  return invalid(`unknown key \`${key}\` at ${where}; ${instead}`);
}

function readNode(type: ValueType<unknown>, field: Field, place: Place): unknown {
  const { key, node, line } = field;
  const where = `\`${key}\` at ${place.path}:${line}`;
  if (node === null || isEmpty(node)) throw invalid(`${where} has no value; give ${type.form || 'true or false'}`);
  if (isScalar(node)) return readValue(type, String(node.value), where);
  if (isSeq<Node>(node) && type.rows !== undefined) return readRows(type.rows, { ...field, items: node.items }, place);
  const allowed = type.rows === undefined ? 'one value' : 'a value or a list';
  throw invalid(`${where} must be ${allowed}: ${type.form || 'true or false'}`);
}

type ListField = Field & { readonly items: readonly Node[] };

function readRows(type: RowsType<unknown>, { key, line, items }: ListField, place: Place): unknown {
  const rows = items.map((item) => readRow(type, item, place));
  const value = type.of(rows);
  if (value !== undefined) return value;
  throw invalid(`\`${key}\` at ${place.path}:${line}: the list is empty, too long, or names one ${type.main} twice`);
}

function readRow({ main, fields }: RowsType<unknown>, item: Node, place: Place): Readonly<Record<string, unknown>> {
  const line = place.lineOf(item);
  const given = isMap<Node, Node | null>(item)
    ? fieldsOf(item.items, Object.keys(fields), place)
    : new Map([[main, { key: main, line, node: item }]]);
  if (!given.has(main)) throw invalid(`the item at ${place.path}:${line} has no \`${main}\``);
  return Object.fromEntries(
    [...given].map(([name, field]) => [name, readNode(fields[name] as ValueType<unknown>, field, place)]),
  );
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && (node.value === null || node.value === '');
}

async function readBounded(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const buffer = Buffer.alloc(mostBytes + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, 0);
    if (bytesRead <= mostBytes) return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    throw new CopysetError('request.invalid', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  throw invalid(`${path} is longer than 1 MiB`);
}

function invalid(message: string): CopysetError {
  return new CopysetError('request.invalid', message);
}
