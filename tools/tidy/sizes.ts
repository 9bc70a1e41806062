/** Why: small is what can be checked by eye. The numbers are those of CONTRIBUTING.md. */
import { isProof, type Rule, type Source, type Violation } from './source.ts';

const maxColumns = 120;
const maxFileLines = 400;
const hardFileLines = 800;
const maxFunctionLines = 70;
const maxPositional = 3;

/** Files that may be longer than 400 lines, each with its reason. */
export const longFiles: Readonly<Record<string, string>> = {};

type Span = { readonly start: number; readonly end: number };
type FunctionShape = Span & { readonly params: readonly { readonly type: string }[] };

export const sizes: Rule = (sources) =>
  sources.flatMap((source) => [...fileSize(source), ...lineWidths(source), ...functionSizes(source)]);

function fileSize({ path, lines }: Source): Violation[] {
  const limit = longFiles[path] === undefined ? maxFileLines : hardFileLines;
  if (lines.length <= limit) return [];
  return [
    { path, line: 1, message: `${lines.length} lines, at most ${limit}: give a concept of it a file of its own` },
  ];
}

function lineWidths({ path, lines }: Source): Violation[] {
  return lines.flatMap((text, at) =>
    text.length <= maxColumns ? [] : [{ path, line: at + 1, message: `${text.length} columns, at most ${maxColumns}` }],
  );
}

function functionSizes(source: Source): Violation[] {
  const functions: FunctionShape[] = [];
  const registrations: number[] = [];
  source.visit({
    FunctionDeclaration: (node) => void functions.push(node),
    FunctionExpression: (node) => void functions.push(node),
    ArrowFunctionExpression: (node) => void functions.push(node),
    CallExpression: ({ callee, start }) => {
      if (callee.type === 'Identifier' && ['describe', 'test', 'it'].includes(callee.name)) registrations.push(start);
    },
  });
  const suites = isProof(source.path) ? registrations : [];
  return functions
    .filter(({ start, end }) => !suites.some((at) => start < at && at < end))
    .flatMap((shape) => [...tooLong(source, shape), ...tooManyParameters(source, shape)]);
}

function tooLong({ path, lineOf }: Source, { start, end }: Span): Violation[] {
  const line = lineOf(start);
  const lines = lineOf(end) - line + 1;
  if (lines <= maxFunctionLines) return [];
  return [{ path, line, message: `a function of ${lines} lines, at most ${maxFunctionLines}: name its steps` }];
}

/** One more is allowed when it is the options object. A table of cases has as many columns as it needs. */
function tooManyParameters({ path, lineOf }: Source, { start, params }: FunctionShape): Violation[] {
  const last = params.at(-1) as { readonly type: string; readonly name?: string } | undefined;
  const endsWithOptions =
    last?.type === 'ObjectPattern' || last?.type === 'AssignmentPattern' || last?.name === 'options';
  if (isProof(path) || params.length <= maxPositional + (endsWithOptions ? 1 : 0)) return [];
  const message = `${params.length} parameters: at most ${maxPositional}, then one options object`;
  return [{ path, line: lineOf(start), message }];
}
