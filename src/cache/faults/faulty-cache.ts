/**
 * Why: a tier on its bad day must not show through to who reads. An unreachable one misses and refuses (`error`,
 * `full`), a slow one delays, a dead one hangs. `flip` breaks the promise of the contract: a lie to plant.
 * Operations are named as the methods of `Cache`; nothing is at hand, so that every read takes the way of the faults.
 */
import { type Fault, type Faults, withFault } from '../../base/fault-schedule.ts';
import type { Cache } from '../cache.ts';

const plain: readonly Fault[] = ['error', 'delay', 'hang'];

export function withCacheFaults(cache: Cache, faults: Faults): Cache {
  let failures = 0;
  const lost = async () => {
    failures++;
    return undefined;
  };
  return {
    get: (name, options) =>
      withFault(faults, { operation: 'get', possible: ['flip', ...plain], options }, async (fault) => {
        const bytes = fault === 'error' ? await lost() : await cache.get(name);
        return bytes !== undefined && fault === 'flip' ? faults.schedule.flip(bytes) : bytes;
      }),
    atHand: () => undefined,
    put: (name, bytes, options) =>
      withFault(faults, { operation: 'put', possible: ['full', ...plain], options }, (fault) =>
        fault === undefined ? cache.put(name, bytes) : lost(),
      ),
    delete: (name, options) =>
      withFault(faults, { operation: 'delete', possible: plain, options }, (fault) =>
        fault === undefined ? cache.delete(name) : lost(),
      ),
    usage: () => ({ ...cache.usage(), failures: cache.usage().failures + failures }),
    close: () => cache.close(),
  };
}
