/** Why: what the keeper finds out about volumes is written down every second, for whoever reckons with failures. */
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { Metrics } from '../../observe/metrics/metrics.ts';
import type { Keeper } from '../duties/keeper.ts';
import { Duty } from '../duties/loop.ts';
import { type Sighting, VolumeHistory } from '../metrics/volume-history.ts';
import type { Site } from '../site.ts';

const pauseMs = 1_000;

export type VolumeWatch = {
  readonly site: Site;
  readonly keeper: Keeper;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
};

export function watchVolumes({ site, keeper, metrics, log, clock }: VolumeWatch): Duty {
  const history = new VolumeHistory(metrics);
  const round = async () => history.see(sightings(site, keeper), clock.monotonicMs());
  return new Duty({ name: 'volume watcher', clock, log, pauseMs, round });
}

/** One that an operator retired or drained away did not fail. */
function sightings({ members }: Site, keeper: Keeper): readonly Sighting[] {
  return members.all().flatMap(({ entry: { id, state } }): readonly Sighting[] => {
    const health = keeper.healthOf(id).state;
    if (state === 'lost' || health === 'lost' || health === 'retired') return [{ id, state: 'lost' }];
    return state === 'retired' ? [] : [{ id, state: health === 'ok' ? 'up' : 'down' }];
  });
}
