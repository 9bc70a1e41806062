/**
 * Why: how often volumes fail, and for how long, is learned only by somebody who watches all the time. Looked at every
 * second; counted since the start of the process.
 */
import type { VolumeId } from '../../base/ids.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';

export type Sighting = { readonly id: VolumeId; readonly state: 'up' | 'down' | 'lost' };

type Past = { readonly state: Sighting['state']; readonly atMs: number };

export class VolumeHistory {
  readonly #past = new Map<VolumeId, Past>();
  readonly #counters;

  constructor(metrics: Metrics) {
    this.#counters = {
      observed: metrics.counter('copyset_volume_observed_seconds_total', 'Time for which the volume was watched.'),
      down: metrics.counter('copyset_volume_down_seconds_total', 'Time of it without an answer, or without its path.'),
      failures: metrics.counter('copyset_volume_failures_total', 'Times that it went away and may come back.'),
      losses: metrics.counter('copyset_volume_losses_total', 'Times that it was given up by the store itself.'),
    };
  }

  /** Times are monotonic. A lost volume is not watched any longer. */
  see(sightings: readonly Sighting[], atMs: number): void {
    for (const { id, state } of sightings) {
      const past = this.#past.get(id);
      if (past !== undefined) this.#count(id, past, { state, atMs });
      this.#past.set(id, { state, atMs });
    }
  }

  /** Every volume that is watched has all its series from the second look on: zero is a value too. */
  #count(volume: VolumeId, past: Past, now: Past): void {
    const { observed, down, failures, losses } = this.#counters;
    const seconds = past.state === 'lost' ? 0 : (now.atMs - past.atMs) / 1000;
    observed.add(seconds, { volume });
    down.add(past.state === 'down' ? seconds : 0, { volume });
    failures.add(past.state === 'up' && now.state === 'down' ? 1 : 0, { volume });
    losses.add(past.state !== 'lost' && now.state === 'lost' ? 1 : 0, { volume });
  }
}
