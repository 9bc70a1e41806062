/**
 * Why: inputs come from a parsed file (YAML or JSON, whoever parsed it) and are untrusted: every value is read by name,
 * with its unit, its provenance and its place in the file; what is not understood is refused, never ignored.
 */
import { CopysetError } from '../../base/errors.ts';
import type { Dist } from '../distribution.ts';
import { normalQuantile } from '../numeric/special.ts';
import { ascending } from '../numeric/statistics.ts';
import { type Dimension, parseAmount, parseQuantity, yearSec } from '../units.ts';
import { byDefault, type Measured, type Provenance, provenances } from './measured.ts';

type Raw = Readonly<Record<string, unknown>>;

export function invalid(where: string, reason: string): CopysetError {
  return new CopysetError('request.invalid', `${where}: ${reason}`);
}

export function asRecord(value: unknown, where: string): Raw {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(where, 'a mapping is expected');
  return value as Raw;
}

/** One mapping of the file. `finish` refuses keys that nobody asked for. */
export class Reader {
  readonly where: string;
  readonly #raw: Raw;
  readonly #asked = new Set<string>();

  constructor(value: unknown, where: string) {
    this.where = where;
    this.#raw = asRecord(value, where);
  }

  raw(key: string): unknown {
    this.#asked.add(key);
    return this.#raw[key];
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  text(key: string): string {
    const value = this.raw(key);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw invalid(`${this.where}.${key}`, 'a name is expected');
    return String(value);
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
    const value = this.raw(key) ?? fallback;
    const found = allowed.find((each) => each === value);
    if (found === undefined)
      throw invalid(`${this.where}.${key}`, `${JSON.stringify(value)} is none of ${allowed.join(', ')}`);
    return found;
  }

  quantity(key: string, dimension: Dimension, fallback: number): number {
    const value = this.raw(key);
    return value === undefined ? fallback : parseAmount(value, dimension, `${this.where}.${key}`);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    if (typeof value !== 'boolean') throw invalid(`${this.where}.${key}`, 'true or false is expected');
    return value;
  }

  list(key: string): readonly unknown[] {
    const value = this.raw(key) ?? [];
    if (!Array.isArray(value)) throw invalid(`${this.where}.${key}`, 'a list is expected');
    return value;
  }

  readers(key: string): Reader[] {
    return this.list(key).map((each, index) => new Reader(each, `${this.where}.${key}[${index}]`));
  }

  finish(): void {
    const unknown = Object.keys(this.#raw).filter((key) => !this.#asked.has(key));
    if (unknown.length > 0) throw invalid(this.where, `nothing is known about ${unknown.join(', ')}`);
  }
}

/** How a field is read and printed. `delay` is a distribution in seconds. */
export type FieldKind = Dimension | 'perYear' | 'delay';

export type Field = {
  readonly key: string;
  readonly kind: FieldKind;
  /** Taken, marked as default, where the file says nothing; without it the file must say. */
  readonly fallback?: number | Dist;
  /** Zero makes no sense. */
  readonly positive?: boolean;
  readonly text: string;
};

/** The measured fields of a part of the inputs, by their names in the model. */
export type Schema<T> = { readonly [K in keyof T]: Field };

export function readFields<T>(reader: Reader, schema: Schema<T>): T {
  const entries = Object.entries<Field>(schema).map(([name, field]) => [name, readField(reader, field)]);
  return Object.fromEntries(entries) as T;
}

function readField(reader: Reader, field: Field): Measured<unknown> {
  const where = `${reader.where}.${field.key}`;
  const raw = reader.raw(field.key);
  if (raw !== undefined) return readMeasured(raw, where, (value) => readValue(value, field, where));
  if (field.fallback === undefined) throw invalid(where, 'is missing and has no default');
  return byDefault(field.fallback);
}

function readValue(raw: unknown, { kind, positive }: Field, where: string): number | Dist {
  if (kind === 'delay') return readDelay(raw, where);
  const value = readNumber(raw, kind, where);
  if (positive === true && value === 0) throw invalid(where, 'must be above zero');
  if (kind === 'share' && value > 1) throw invalid(where, `${JSON.stringify(raw)} is more than the whole`);
  return value;
}

function readNumber(raw: unknown, kind: Dimension | 'perYear', where: string): number {
  if (kind !== 'perYear') return parseAmount(raw, kind, where);
  return typeof raw === 'number' ? parseAmount(raw, 'count', where) : parseAmount(raw, 'perSecond', where) * yearSec;
}

/** A bare value is what somebody says: assumed. `{value, source, n, ci}` says where it is from. */
function readMeasured<T>(raw: unknown, where: string, read: (value: unknown) => T): Measured<T> {
  if (!isProvenanced(raw)) return { value: read(raw), source: 'assumed' };
  const source = provenances.find((each): each is Provenance => each === raw.source);
  if (source === undefined) throw invalid(where, `its source is one of ${provenances.join(', ')}`);
  const n = typeof raw.n === 'number' ? { n: raw.n } : {};
  const ci = Array.isArray(raw.ci) && raw.ci.length === 2 ? { ci: [read(raw.ci[0]), read(raw.ci[1])] as const } : {};
  return { value: read(raw.value), source, ...n, ...ci };
}

function isProvenanced(raw: unknown): raw is { value: unknown; source: unknown; n?: unknown; ci?: unknown } {
  return typeof raw === 'object' && raw !== null && 'value' in raw && 'source' in raw;
}

/**
 * `2ms`; `{median: 2ms, p99: 9ms}`; `{mean: 2ms}`; `{atLeast: 20ms, mean: 22ms}`; `{samples: [..]}`; or a Dist in
 * seconds.
 */
export function readDelay(value: unknown, where: string): Dist {
  if (typeof value !== 'object' || value === null)
    return { type: 'const', value: parseAmount(value, 'seconds', where) };
  const raw = asRecord(value, where);
  const sec = (key: string) => parseAmount(raw[key], 'seconds', `${where}.${key}`);
  if ('type' in raw) return readDist(raw, where);
  if ('median' in raw) return lognormalThrough(sec('median'), sec('p99'), where);
  if ('atLeast' in raw) return { type: 'shifted-exp', shift: sec('atLeast'), mean: sec('mean') - sec('atLeast') };
  if ('mean' in raw) return { type: 'exp', mean: sec('mean') };
  if ('samples' in raw) return { type: 'empirical', samples: ascending(readSamples(raw.samples, where)) };
  throw invalid(where, 'a delay is `2ms`, {median, p99}, {mean}, {atLeast, mean} or {samples}');
}

function readSamples(value: unknown, where: string): number[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid(where, 'samples are a list');
  return value.map((sample) => parseAmount(sample, 'seconds', where));
}

function lognormalThrough(median: number, p99: number, where: string): Dist {
  if (!(p99 > median && median > 0)) throw invalid(where, 'p99 is above the median, and that above zero');
  return { type: 'lognormal', mu: Math.log(median), sigma: Math.log(p99 / median) / normalQuantile(0.99) };
}

const distParameters: Readonly<Record<Exclude<Dist['type'], 'mix' | 'empirical'>, readonly string[]>> = {
  const: ['value'],
  exp: ['mean'],
  'shifted-exp': ['shift', 'mean'],
  lognormal: ['mu', 'sigma'],
  pareto: ['xm', 'alpha'],
};

/** The planner's own form, numbers in seconds. */
function readDist(raw: Raw, where: string): Dist {
  const { type } = raw;
  if (type === 'mix') return { type, parts: readParts(raw, where) };
  if (type === 'empirical') return { type, samples: ascending(readSamples(raw.samples, where)) };
  const names = new Map<unknown, readonly string[]>(Object.entries(distParameters)).get(type);
  if (names === undefined) throw invalid(where, `there is no distribution ${JSON.stringify(type)}`);
  const numbers = Object.fromEntries(
    names.map((name) => [name, parseQuantity(raw[name], 'count', `${where}.${name}`)]),
  );
  return { type, ...numbers } as Dist;
}

function readParts(raw: Raw, where: string) {
  if (!Array.isArray(raw.parts)) throw invalid(where, 'a mixture has parts');
  return raw.parts.map((part, index) => {
    const reader = new Reader(part, `${where}.parts[${index}]`);
    return { weight: reader.quantity('weight', 'count', 1), dist: readDelay(reader.raw('dist'), reader.where) };
  });
}
