/**
 * Why: what is expected and what came are one shape, so that they are compared leaf by leaf. Ids and opaque ETags are
 * made by the server: the first time one is expected it is learned, from then on it must be the same, and no other's.
 */
import { isDeepStrictEqual } from 'node:util';

/** A value that the server makes up, by the model's name for it. */
export class Made {
  readonly name: string;
  readonly form: RegExp;

  constructor(name: string, form: RegExp) {
    this.name = name;
    this.form = form;
  }
}

export type Leaf = string | number | boolean | undefined | Made;
export type Tree = Leaf | readonly Tree[] | { readonly [name: string]: Tree };

export type Answer = {
  readonly status: number;
  readonly code?: string | undefined;
  readonly headers: { readonly [name: string]: Tree };
  /** SHA-256 of the bytes of an object. */
  readonly body?: string | undefined;
  /** What a document says, in the words of read-answer.ts. */
  readonly document?: Tree;
};

export class MadeValues {
  readonly #values = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** What to send for it. */
  valueOf(expected: Made | string): string {
    if (typeof expected === 'string') return expected;
    const value = this.#values.get(expected.name);
    if (value === undefined) throw new Error(`${expected.name} was never told by the server`);
    return value;
  }

  nameOf(value: string): string | undefined {
    return this.#names.get(value);
  }

  /** The first difference, with where it is; learns what the server made on the way. */
  difference(expected: Tree, seen: Tree, where = ''): string | undefined {
    if (expected instanceof Made) return this.#learn(expected, seen, where);
    if (typeof expected === 'object' && typeof seen === 'object' && Array.isArray(expected) === Array.isArray(seen)) {
      const [one, other] = [expected, seen] as { readonly [name: string]: Tree }[];
      const names = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
      return first([...names], (name) => this.difference(one?.[name], other?.[name], `${where}/${name}`));
    }
    if (isDeepStrictEqual(expected, seen)) return undefined;
    return `${where}: expected ${show(expected)}, got ${show(seen)}`;
  }

  #learn({ name, form }: Made, seen: Tree, where: string): string | undefined {
    const known = this.#values.get(name);
    const isRight =
      known === undefined ? typeof seen === 'string' && form.test(seen) && !this.#names.has(seen) : seen === known;
    if (!isRight) {
      const wanted = known ?? `a new value like ${form.source}`;
      return `${where}: expected ${name} (${wanted}), got ${show(seen)}`;
    }
    this.#values.set(name, seen as string);
    this.#names.set(seen as string, name);
    return undefined;
  }
}

function first<T, R>(list: readonly T[], find: (each: T) => R | undefined): R | undefined {
  for (const each of list) {
    const found = find(each);
    if (found !== undefined) return found;
  }
  return undefined;
}

function show(tree: Tree): string {
  return JSON.stringify(tree) ?? 'nothing';
}
