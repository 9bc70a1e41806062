/**
 * Why: what documents repeat from tables of the code is printed from them (`npm run docs`) and held equal by a test.
 * The printed part stands between `<!-- printed: name -->` and `<!-- end -->`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { errorCodes } from '../../src/base/errors.ts';
import { commands } from '../../src/cli/program.ts';
import { defaultText, flagOf, hasFlag, type OptionName, options, variableOf } from '../../src/config/options.ts';
import { type Room, rooms } from '../layers.ts';
import { root } from '../process.ts';
import { printRefused } from './s3-refused.ts';
import { printCodes, printCommon, printOperations } from './s3-tables.ts';
import { markdownTable } from './table.ts';

type Printed = { readonly path: string; readonly name: string; readonly print: () => string };

export const printed: readonly Printed[] = [
  { path: 'ARCHITECTURE.md', name: 'rooms', print: printRooms },
  { path: 'docs/reference/errors.md', name: 'errors', print: printErrors },
  { path: 'docs/reference/commands.md', name: 'commands', print: printCommands },
  { path: 'docs/reference/options.md', name: 'options', print: printOptions },
  { path: 'docs/reference/s3.md', name: 'operations', print: printOperations },
  { path: 'docs/reference/s3.md', name: 'common', print: printCommon },
  { path: 'docs/reference/s3.md', name: 'refused', print: printRefused },
  { path: 'docs/reference/s3.md', name: 'codes', print: printCodes },
];

function printRooms(): string {
  const rows = Object.entries<Room>(rooms).map(([name, { why, imports }]) => [`\`${name}\``, why, inWords(imports)]);
  return markdownTable(['room', 'holds', 'may import, besides base'], rows);
}

function inWords(imports: readonly string[]): string {
  if (imports.length === 0) return 'nothing';
  return imports.includes('*') ? 'all rooms and the drivers' : imports.join(', ');
}

function printErrors(): string {
  const rows = Object.entries(errorCodes).map(([code, { kind, hint }]) => [`\`${code}\``, kind, hint]);
  return markdownTable(['code', 'kind', 'what to do'], rows);
}

function printCommands(): string {
  const rows = commands.map(({ name, arguments: given, options: taken, text }) => {
    const forms = given.map((each) => (each.optional ? `[${each.name}]` : `<${each.name}>`));
    const flags = taken.filter(hasFlag).map((each) => `\`${flagOf(each)}\``);
    return [`\`${['copyset', name, ...forms].join(' ')}\``, text, flags.join(' ')];
  });
  return markdownTable(['command', 'what it does', 'options'], rows);
}

function printOptions(): string {
  const rows = (Object.keys(options) as OptionName[]).map((name) => {
    const { type, text } = options[name];
    const flag = hasFlag(name) ? `\`${`${flagOf(name)} ${type.form}`.trim()}\`` : '';
    return [flag, `\`${variableOf(name)}\``, defaultText(name), text];
  });
  return markdownTable(['flag', 'environment', 'default', 'what it is'], rows);
}

/** The document as it should be. */
export function withPrinted(text: string, { path, name, print }: Printed): string {
  const pattern = new RegExp(`(<!-- printed: ${name} -->\n)[^]*?(<!-- end -->)`);
  if (!pattern.test(text)) throw new Error(`${path} has no place for "${name}"`);
  return text.replace(pattern, (_, start: string, end: string) => `${start}${print()}\n${end}`);
}

if (import.meta.main) {
  for (const each of printed) {
    await writeFile(root + each.path, withPrinted(await readFile(root + each.path, 'utf8'), each));
  }
}
