/**
 * Why: a directory is a volume by its identity file only. One without it is a volume that was lost (a disk that is not
 * mounted, a path that leads elsewhere), never an empty one to begin with; what comes back empty is a new volume.
 */
import { asBuffer, utf8 } from '../../base/bytes.ts';
import { CopysetError } from '../../base/errors.ts';
import { crc32c } from '../../base/hash.ts';
import type { Branded, StoreId, VolumeId } from '../../base/ids.ts';

export type Incarnation = Branded<string, 'Incarnation'>;

export type VolumeIdentity = {
  readonly storeId: StoreId;
  readonly volumeId: VolumeId;
  /** Drawn when the volume is made. Clients never see it: it is what the checksums of frames start from. */
  readonly incarnation: Incarnation;
  readonly createdAtMs: number;
};

const format = 'copyset-volume';
const version = 1;

/** One line of JSON; `crc32c` is of the line without this member, in every version. */
export function encodeIdentity({ storeId, volumeId, incarnation, createdAtMs }: VolumeIdentity): Uint8Array {
  const body = { format, version, storeId, volumeId, incarnation, createdAtMs };
  return utf8(`${JSON.stringify({ ...body, crc32c: checksum(body) })}\n`);
}

function checksum(body: object): string {
  return crc32c(utf8(JSON.stringify(body)))
    .toString(16)
    .padStart(8, '0');
}

/** `format.damaged`, `format.unknown_version`; `where` is for the message. */
export function decodeIdentity(bytes: Uint8Array, where: string): VolumeIdentity {
  const { crc32c: expected, ...body } = parseFile(bytes);
  if (body.format !== format || checksum(body) !== expected) {
    throw new CopysetError('format.damaged', `${where}: the identity of the volume is damaged`);
  }
  if (body.version !== version) {
    throw new CopysetError('format.unknown_version', `${where}: a volume of format ${body.version}`);
  }
  const { storeId, volumeId, incarnation, createdAtMs } = body as VolumeIdentity; // the checksum vouches for it
  return { storeId, volumeId, incarnation, createdAtMs };
}

type IdentityFile = VolumeIdentity & { readonly format: string; readonly version: number; readonly crc32c: string };

function parseFile(bytes: Uint8Array): Partial<IdentityFile> {
  try {
    const parsed: unknown = JSON.parse(asBuffer(bytes).toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {}; // JSON.parse throws SyntaxError for nothing but damage, which the checksum reports
  }
}
