/**
 * Why: a lost volume takes its journal with it, and the next loss must not be one too many: another volume carries a
 * journal as soon as one of the set is given up.
 */
import type { VolumeId } from '../../base/ids.ts';
import type { Log } from '../../observe/log.ts';
import type { Member } from '../../replica/members.ts';
import { journalCount, type OpenCatalog } from '../catalog/open-catalog.ts';
import type { Site } from '../site.ts';

export type JournalKeeping = {
  readonly site: Site;
  readonly catalog: Pick<OpenCatalog, 'journalVolumes' | 'moveJournals'>;
  readonly log: Log;
};

export async function keepJournals({ site, catalog, log }: JournalKeeping, signal: AbortSignal): Promise<void> {
  const wanted = chooseCarriers(site.members.all(), catalog.journalVolumes());
  if (wanted === undefined || signal.aborted) return;
  await catalog.moveJournals(wanted.map(({ entry }) => entry));
  log.warn('another set of volumes carries the journals now', { volumes: wanted.map(({ entry }) => entry.id) });
}

/**
 * Carriers that are to stay keep their journals, also while they are away in their grace; the rest is made up of
 * volumes that are well, each in a failure domain of its own. Undefined when nothing would get better.
 */
export function chooseCarriers(members: readonly Member[], now: readonly VolumeId[]): Member[] | undefined {
  const staying = members.filter(({ entry }) => now.includes(entry.id) && entry.state === 'active');
  const others = members.filter(
    ({ entry, volume, suspect }) =>
      !now.includes(entry.id) && entry.state === 'active' && volume !== undefined && !suspect,
  );
  const chosen = new Map(staying.map((member) => [domainOf(member), member]));
  for (const member of others)
    if (chosen.size < journalCount && !chosen.has(domainOf(member))) chosen.set(domainOf(member), member);
  return chosen.size > staying.length ? [...chosen.values()] : undefined;
}

function domainOf({ entry }: Member): string {
  return entry.domain.join('/');
}
