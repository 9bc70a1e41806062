/** Why: the ids of versions that clients see are the stamp and the site of a version, and say nothing else. */
import { CopysetError } from '../base/errors.ts';
import type { VersionRecord } from './records/version.ts';

type Identity = Pick<VersionRecord, 'stamp' | 'site'>;

const nullId = 'null';

/** 16 hex digits of the stamp, 4 of the site; `null` for the version that has no id of its own. */
export function versionIdOf(version: Identity & Pick<VersionRecord, 'isNull'>): string {
  if (version.isNull) return nullId;
  return version.stamp.toString(16).padStart(16, '0') + version.site.toString(16).padStart(4, '0');
}

export function parseVersionId(text: string): Identity | 'null' {
  if (text === nullId) return nullId;
  const stamp = Number.parseInt(text.slice(0, 16), 16);
  if (!/^[0-9a-f]{20}$/.test(text) || !Number.isSafeInteger(stamp)) {
    throw new CopysetError('request.invalid', 'the version id is not one of this store', {
      details: { what: 'version_id' },
    });
  }
  return { stamp, site: Number.parseInt(text.slice(16), 16) };
}
