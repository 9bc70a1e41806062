/**
 * Why: every copy is read and verified once a period, slowly enough that nobody feels it. Damage comes in swarms: one
 * finding on a volume brings its scrub forward.
 */

import type { Finding } from '../../admin/contract.ts';
import type { Clock } from '../../base/clock.ts';
import type { VolumeId } from '../../base/ids.ts';
import { compareWithLayout, type ScrubFinding, scrubVolume } from '../../replica/scrub.ts';
import type { JobControl } from '../jobs.ts';
import type { Site } from '../site.ts';

export type ScrubPace = {
  readonly clock: Clock;
  /** Pause after each piece of work, as a multiple of the time that it took. */
  readonly idleRatio: number;
};

/** Verifies all volumes, or one; then compares the volumes' lists with the layout. */
export async function scrub(
  site: Site,
  pace: ScrubPace,
  job: JobControl & { readonly only?: VolumeId | undefined },
): Promise<void> {
  const targets = site.members
    .holding()
    .filter(({ entry, volume }) => volume !== undefined && (job.only === undefined || entry.id === job.only));
  const usages = await Promise.all(targets.map(async ({ volume }) => volume?.usage(job)));
  job.expect(usages.reduce((sum, usage) => sum + (usage?.liveBytes ?? 0), 0));
  const report = (findings: readonly ScrubFinding[]) => {
    for (const finding of findings) job.find(toFinding(finding));
  };
  await Promise.all(
    targets.map(async ({ volume }) => {
      const paced = pacer(pace, job);
      if (volume !== undefined) report(await scrubVolume(site.repair, volume, paced, job));
    }),
  );
  report(await compareWithLayout(site.repair, job));
}

/** Counts, and sleeps in proportion to the time since the last unit. */
function pacer({ clock, idleRatio }: ScrubPace, job: JobControl): (unit: { readonly bytes: number }) => Promise<void> {
  let workedSinceMs = clock.monotonicMs();
  return async ({ bytes }) => {
    job.advance(bytes);
    const pauseMs = (clock.monotonicMs() - workedSinceMs) * idleRatio;
    if (pauseMs >= 1) await clock.sleep(pauseMs, job);
    workedSinceMs = clock.monotonicMs();
  };
}

function toFinding({ volume, address, problem }: ScrubFinding): Finding {
  return { where: `volume ${volume}, block ${address.name}`, problem };
}
