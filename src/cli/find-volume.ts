/** Why: a person names a volume by its path, its id, or the start of its id. */
import { resolve } from 'node:path';
import type { AdminService, VolumeStatus } from '../admin/contract.ts';
import { CopysetError } from '../base/errors.ts';

export async function findVolume(service: AdminService, text: string): Promise<VolumeStatus> {
  const { volumes } = await service.status({});
  const found = volumes.filter(({ id, path }) => path === resolve(text) || (text !== '' && id.startsWith(text)));
  const [volume] = found;
  if (volume !== undefined && found.length === 1) return volume;
  const problem = volume === undefined ? `no volume is called "${text}"` : `"${text}" is the start of several ids`;
  const known = volumes.map(({ id, path }) => `${id} at ${path}`).join(', ');
  throw new CopysetError('request.invalid', `${problem}; there are: ${known}`);
}
