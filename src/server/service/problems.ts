/** Why: every way in which the store is not whole is told in one sentence that says what to do. */
import type { CatalogStatus, VolumeStatus } from '../../admin/contract.ts';
import { isShort } from '../duties/healer.ts';
import type { Site } from '../site.ts';

export type ProblemSources = {
  readonly site: Site;
  readonly volumes: readonly VolumeStatus[];
  readonly catalog: CatalogStatus;
  readonly readOnly: string | undefined;
};

export function storeProblems({ site, volumes, catalog, readOnly }: ProblemSources): string[] {
  return [
    ...(readOnly === undefined ? [] : [`no writes are taken: ${readOnly}`]),
    ...shortClasses(site),
    ...volumes
      .filter(({ state }) => state !== 'active' && state !== 'draining' && state !== 'drained' && state !== 'retired')
      .map(({ id, state, reason }) => `volume ${id} is ${state}: ${reason ?? ''}`),
    ...catalog.journals
      .filter(({ state }) => state !== 'ok')
      .map(({ volume, state }) => `the journal on volume ${volume} is ${state}`),
    ...catalog.journals.flatMap(({ volume, damage }) =>
      damage === undefined ? [] : `the journal on volume ${volume} is damaged: ${damage}`,
    ),
  ];
}

/** Why it cannot heal, where it cannot. */
function shortClasses(site: Site): string[] {
  const { copies } = site.objects.bucketDefaults;
  const layout = site.layouts.known(copies);
  if (layout === undefined || !isShort(layout)) return [];
  const domains = layout.copysets[0]?.length ?? 0;
  return [
    `${copies} copies need ${copies} failure domains and there are ${domains}: blocks cannot heal; ` +
      `add ${copies - domains} more with \`copyset volume add PATH\``,
  ];
}
