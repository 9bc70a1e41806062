/**
 * Why: every copy is read and verified once a period, slowly enough that nobody feels it. Damage comes in swarms: one
 * finding on a volume brings its scrub forward.
 */

import type { Finding } from '../../admin/contract.ts';
import type { VolumeId } from '../../base/ids.ts';
import { type PaceRule, Pacer } from '../../replica/core/pacing.ts';
import { patiently } from '../../replica/patience.ts';
import { compareWithLayout, type ScrubFinding, scrubVolume } from '../../replica/scrub.ts';
import type { Volume, VolumeUsage } from '../../volume/volume.ts';
import type { JobControl } from '../jobs.ts';
import { type Site, usersAreServed } from '../site.ts';

/** Verifies all volumes, or one; then compares the volumes' lists with the layout. */
export async function scrub(
  site: Site,
  pace: PaceRule,
  job: JobControl & { readonly only?: VolumeId | undefined },
): Promise<void> {
  const wanted = site.members.holding().filter(({ entry }) => job.only === undefined || entry.id === job.only);
  for (const { entry, isSilent } of wanted) if (isSilent) job.find(unverified(entry.id, 'it does not answer'));
  const targets = wanted.flatMap(({ volume, isSilent }) => (volume === undefined || isSilent ? [] : volume));
  const usages = await Promise.all(targets.map((volume) => usageOf(site, volume, job)));
  job.expect(usages.reduce((sum, { liveBytes }) => sum + liveBytes, 0));
  await Promise.all(
    targets.map(async (volume) => {
      const { findings, cutShort } = await scrubVolume(site.repair, volume, paced(site, pace, job), job);
      for (const finding of findings) job.find(toFinding(finding));
      if (cutShort !== undefined) job.find(unverified(volume.id, cutShort));
    }),
  );
  for (const finding of await compareWithLayout(site.repair, job)) job.find(toFinding(finding));
}

/** Only for the progress. */
async function usageOf(site: Site, volume: Volume, job: JobControl): Promise<Pick<VolumeUsage, 'liveBytes'>> {
  const asked = patiently(site.repair.clock, job, (call) => volume.usage(call));
  return asked.catch(() => ({ liveBytes: 0 }));
}

/** Counts, and rests in proportion to the time since the last unit. */
function paced(site: Site, rule: PaceRule, job: JobControl): (unit: { readonly bytes: number }) => Promise<void> {
  const { clock } = site.repair;
  const pacer = new Pacer(rule);
  let workedSinceMs = clock.monotonicMs();
  return async ({ bytes }) => {
    job.advance(bytes);
    const restMs = pacer.restAfter(clock.monotonicMs() - workedSinceMs, { areBusy: usersAreServed(site) });
    if (restMs >= 1) await clock.sleep(restMs, job);
    workedSinceMs = clock.monotonicMs();
  };
}

function unverified(volume: VolumeId, why: string): Finding {
  return { where: `volume ${volume}`, problem: `not all of it could be verified: ${why}` };
}

function toFinding({ volume, address, problem }: ScrubFinding): Finding {
  return { where: `volume ${volume}, block ${address.name}`, problem };
}
