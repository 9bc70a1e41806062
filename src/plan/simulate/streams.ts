/**
 * Why: every entity draws from a stream of its own, made from the run's seed and the entity's name; so two designs
 * simulated with one seed see the same failures and the same requests (common random numbers), and their difference
 * shows sooner.
 */
import { type Random, seededRandom } from '../../base/random.ts';

export type Streams = (entity: string) => Random;

export function streamsOf(seed: number): Streams {
  return (entity) => seededRandom(mixed(seed, entity));
}

/** FNV-1a over the seed and the name. */
function mixed(seed: number, entity: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < entity.length; at++) hash = Math.imul(hash ^ entity.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
