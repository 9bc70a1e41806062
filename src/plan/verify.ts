/** Why: anybody may check the planner's numbers against vectors from an independent program: `copyset plan verify`. */
import { CopysetError, isCopysetError } from '../base/errors.ts';
import { type FlatResult, formulaNamed } from './registry.ts';

export type Vector = {
  readonly id: string;
  readonly fn: string;
  readonly input: unknown;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly tolerance: { readonly rel: number; readonly abs: number };
};

export type VectorFailure = { readonly id: string; readonly fn: string; readonly reason: string };

export type Verification = { readonly passed: number; readonly failed: readonly VectorFailure[] };

/** Runs every vector of a parsed file: |got - expected| <= abs + rel |expected| for every expected field. */
export function verifyVectors(json: unknown): Verification {
  const vectors = readVectors(json);
  const failed = vectors.flatMap((vector) => {
    const reason = failureOf(vector);
    return reason === undefined ? [] : [{ id: vector.id, fn: vector.fn, reason }];
  });
  return { passed: vectors.length - failed.length, failed };
}

/**
 * The list itself, or an object with the list as `vectors`. Throws `request.invalid` that names the first bad entry.
 */
export function readVectors(json: unknown): readonly Vector[] {
  const list = isRecord(json) ? json.vectors : json;
  if (!Array.isArray(list)) throw new CopysetError('request.invalid', 'a vector file is a JSON list of vectors');
  if (list.length === 0) throw new CopysetError('request.invalid', 'there is no vector in it');
  return list.map(readVector);
}

function readVector(entry: unknown, index: number): Vector {
  const tolerance = isRecord(entry) ? (entry.tolerance ?? { rel: 0, abs: 0 }) : undefined;
  if (!isRecord(entry) || typeof entry.fn !== 'string' || !isRecord(entry.expected) || !isRecord(tolerance)) {
    throw new CopysetError('request.invalid', `vector ${index} is not {id, fn, input, expected, tolerance}`);
  }
  return {
    id: typeof entry.id === 'string' ? entry.id : `#${index}`,
    fn: entry.fn,
    input: entry.input,
    expected: entry.expected,
    tolerance: { rel: Number(tolerance.rel ?? 0), abs: Number(tolerance.abs ?? 0) },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What is wrong, or undefined. A formula that throws on the vector's input is a failure of that vector, not of the run.
 */
export function failureOf(vector: Vector): string | undefined {
  try {
    return difference(vector, formulaNamed(vector.fn)(vector.input as never));
  } catch (error) {
    if (isCopysetError(error) || error instanceof TypeError || error instanceof RangeError) return error.message;
    throw error;
  }
}

function difference({ expected, tolerance }: Vector, got: FlatResult): string | undefined {
  for (const [field, value] of Object.entries(expected)) {
    if (!agrees(value, got[field], tolerance)) {
      return `${field}: got ${JSON.stringify(got[field])}, expected ${JSON.stringify(value)}`;
    }
  }
  return undefined;
}

function agrees(expected: unknown, got: unknown, tolerance: Vector['tolerance']): boolean {
  if (typeof expected === 'number') {
    return typeof got === 'number' && Math.abs(got - expected) <= tolerance.abs + tolerance.rel * Math.abs(expected);
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(got) &&
      got.length === expected.length &&
      expected.every((each, index) => agrees(each, got[index], tolerance))
    );
  }
  return expected === got || (expected === null && got === undefined);
}
