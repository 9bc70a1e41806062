/** Why: stamps go on above those of versions that are gone, whatever the clock shows when the store starts again. */
import type { CallOptions } from '../base/async/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Expectation, Kv, Put } from '../kv/kv.ts';
import { removedStampsCodec, removedStampsKey } from './records/removed-stamps.ts';
import { Stamps, stampsPerMs } from './stamps.ts';
import { absent, readRecord, unchanged } from './stored.ts';

/** Taken ahead, so that removals write the record, and meet over it, once a minute. */
const aheadStamps = 60_000 * stampsPerMs;

/** For the one process that writes the catalog from now on. */
export async function continueStamps(kv: Kv, clock: Clock, options: CallOptions = {}): Promise<Stamps> {
  const removed = await readRecord(kv, removedStampsCodec, removedStampsKey, options);
  return new Stamps(clock, removed?.record.below);
}

/** What the commit that removes a version with this stamp expects and puts besides. */
export async function coverRemoved(
  kv: Kv,
  stamp: number,
  options: CallOptions = {},
): Promise<{ readonly expect: readonly Expectation[]; readonly put: readonly Put[] }> {
  const removed = await readRecord(kv, removedStampsCodec, removedStampsKey, options);
  if (removed !== undefined && stamp < removed.record.below) return { expect: [], put: [] };
  const value = removedStampsCodec.encode({ ...removed?.record, below: stamp + aheadStamps });
  return {
    expect: [removed === undefined ? absent(removedStampsKey) : unchanged(removed)],
    put: [{ key: removedStampsKey, value }],
  };
}
