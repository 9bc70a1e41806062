/** Why: a catalog can be verified and rebuilt while its store is served, and above all when it cannot be served. */
import { resolve } from 'node:path';
import type { CatalogService } from '../admin/contract.ts';
import { isCopysetError } from '../base/errors.ts';
import type { CommandContext } from './command.ts';

export async function openCatalog(directory: string, { connect }: CommandContext): Promise<CatalogService> {
  const service = connect(directory);
  try {
    await service.status({});
    return service;
  } catch (error) {
    if (!isCopysetError(error, 'not_serving')) throw error;
  }
  const { offlineCatalog } = await import('../server/offline-catalog.ts');
  return offlineCatalog(resolve(directory));
}
