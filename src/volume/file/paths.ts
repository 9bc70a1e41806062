/** Why: every file of a volume has one name, said here. */

export const identityPath = 'identity.json';
export const newIdentityPath = 'identity.json.new';
export const lockPath = 'lock';
/** There once a sync has failed: the volume takes no puts until it is emptied. */
export const retiredPath = 'retired.json';
export const segmentsPath = 'segments';

export function segmentPath(segment: number): string {
  return `${segmentsPath}/${numbered(segment)}.seg`;
}

export function sidecarPath(segment: number): string {
  return `${segmentsPath}/${numbered(segment)}.idx`;
}

/** The file of a segment that is not needed any more. */
export function sparePath(segment: number): string {
  return `${segmentsPath}/${numbered(segment)}.spare`;
}

function numbered(segment: number): string {
  return segment.toString(16).padStart(8, '0');
}

const kinds = { seg: 'segment', idx: 'sidecar', spare: 'spare' } as const;

export type SegmentFileName = { readonly segment: number; readonly kind: (typeof kinds)[keyof typeof kinds] };

/** Undefined for a name in `segments/` that is none of ours. */
export function parseSegmentFileName(name: string): SegmentFileName | undefined {
  const match = /^([0-9a-f]{8})\.(seg|idx|spare)$/.exec(name);
  if (match === null) return undefined;
  return { segment: Number.parseInt(String(match[1]), 16), kind: kinds[match[2] as keyof typeof kinds] };
}
