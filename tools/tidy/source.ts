/** Why: the rules read source as syntax, not as text: TypeScript 7 offers no parser to programs, oxc does. */
import { posix } from 'node:path';
import { type Comment, parseSync, Visitor, type VisitorObject } from 'oxc-parser';

export type Import = {
  /** As written: `./x.ts`, `node:fs`, `commander`. */
  readonly specifier: string;
  /** The file from the root of the project; undefined for a package. */
  readonly file: string | undefined;
  readonly typeOnly: boolean;
  readonly line: number;
};

export type Source = {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly lines: readonly string[];
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  readonly lineOf: (offset: number) => number;
  readonly visit: (handlers: VisitorObject) => void;
};

export type Violation = { readonly path: string; readonly line: number; readonly message: string };
export type Rule = (sources: readonly Source[]) => Violation[];

export function parseSource(path: string, text: string): Source {
  const { program, comments, module } = parseSync(path, text);
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  return {
    path,
    lines: text.replace(/\n$/, '').split('\n'),
    comments,
    imports: module.staticImports.map(({ moduleRequest, entries, start }) => ({
      specifier: moduleRequest.value,
      file: resolveFile(path, moduleRequest.value),
      typeOnly: entries.length > 0 && entries.every((entry) => entry.isType),
      line: lineOf(start),
    })),
    lineOf,
    visit: (handlers) => new Visitor(handlers).visit(program),
  };
}

function resolveFile(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

/** Suites and benches may reach for what the product may not. */
export function isProof(path: string): boolean {
  return /\.(test|conformance|bench)\.ts$/.test(path);
}

/** `src/kv/sqlite/x.ts` -> `kv/sqlite/x.ts`; undefined for what is no product code. */
export function placeOf(path: string): string | undefined {
  return path.startsWith('src/') ? path.slice('src/'.length) : undefined;
}

/** True when the place is one of the files or below one of the folders. */
export function isWithin(place: string, places: readonly string[]): boolean {
  return places.some((each) => place === each || place.startsWith(`${each}/`));
}
