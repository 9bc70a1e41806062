/** Why: a store whose volumes are away would refuse every write; that is known before the first client tries. */
import type { Site } from '../site.ts';

/** Undefined while W copies can be written in different failure domains. */
export function writeProblem({ members }: Site, writeQuorum: number): string | undefined {
  const answering = members
    .all()
    .filter(({ entry, volume, isSilent }) => entry.state === 'active' && volume !== undefined && !isSilent);
  const domains = new Set(answering.map(({ entry }) => members.domainOf(entry.id))).size;
  if (domains >= writeQuorum) return undefined;
  return `writes need ${writeQuorum} failure domains, and ${domains} answer; \`copyset status\` names the others`;
}
