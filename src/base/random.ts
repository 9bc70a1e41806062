/** Why: randomness comes in by the door, so that a schedule replays from its seed. */
import { randomBytes } from 'node:crypto';

export type Random = {
  /** Uniform in [0, 1). */
  float(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  bytes(length: number): Uint8Array;
};

/** Drawn ahead, for the system is asked for a page as quickly as for an id. */
const pooledBytes = 4096;

/** Cryptographically strong. Ids and keys come from here. */
export const systemRandom: Random = fromSystem();

function fromSystem(): Random {
  let pool = Buffer.alloc(0);
  const draw = (length: number): Uint8Array => {
    if (length > pooledBytes) return new Uint8Array(randomBytes(length));
    if (pool.byteLength < length) pool = randomBytes(pooledBytes);
    const drawn = new Uint8Array(pool.subarray(0, length));
    pool.fill(0, 0, length); // nobody finds it here again
    pool = pool.subarray(length);
    return drawn;
  };
  const float = () => new DataView(draw(4).buffer).getUint32(0) / 2 ** 32;
  return { float, integer: (below) => Math.floor(float() * below), bytes: draw };
}

/** Deterministic (mulberry32, public domain, by Tommy Ettinger). Never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    float: next,
    integer: (below) => Math.floor(next() * below),
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  };
}

/** One element of a non-empty list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.integer(list.length)] as T;
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const other = random.integer(last + 1);
    [copy[last], copy[other]] = [copy[other] as T, copy[last] as T];
  }
  return copy;
}
