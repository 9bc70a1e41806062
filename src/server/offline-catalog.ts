/** Why: a catalog can be verified and rebuilt while its store is not served: above all when it cannot be. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogService, JobKind, JobProgress } from '../admin/contract.ts';
import { systemClock } from '../base/clock.ts';
import { CopysetError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { openNodeDisk } from '../disk/node/node-disk.ts';
import { verifyPlaces } from '../kv/journal/verify.ts';
import { silentLog } from '../observe/log.ts';
import { databasePath, removeDatabase } from './catalog/database.ts';
import { journalPlace } from './catalog/journal-places.ts';
import { type OpenCatalog, openCatalog } from './catalog/open-catalog.ts';
import { verifyCatalog } from './catalog/verify-catalog.ts';
import { type JobControl, Jobs } from './jobs.ts';
import { readStoreDirectory, type StoreDirectory } from './store-directory.ts';

/** Holds the store's lock while it works. */
export function offlineCatalog(directory: string): CatalogService {
  return {
    verifyCatalog: (_, call) => run(directory, { kind: 'catalog-verify', unit: 'revisions' }, verifyOffline, call),
    rebuildCatalog: (_, call) => run(directory, { kind: 'catalog-rebuild', unit: 'bytes' }, rebuildOffline, call),
  };
}

type Work = (store: StoreDirectory, folder: string, job: JobControl) => Promise<void>;
type Request = { readonly kind: JobKind; readonly unit: JobProgress['unit'] };

async function* run(
  directory: string,
  request: Request,
  work: Work,
  call: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<JobProgress> {
  await expectStore(directory);
  const home = openNodeDisk(directory);
  const lock = await home.lock('lock');
  try {
    const store = await readStoreDirectory({
      home,
      path: directory,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
    const jobs = new Jobs(systemClock);
    yield* jobs.follow(
      jobs.start(request, (job) => work(store, join(directory, 'catalog'), job)),
      call,
    );
  } finally {
    await lock.release();
  }
}

async function expectStore(directory: string): Promise<void> {
  const found = await stat(join(directory, 'volumes')).catch(() => undefined);
  if (found === undefined) throw new CopysetError('not_found', `${directory} holds no store`);
}

async function verifyOffline(store: StoreDirectory, folder: string, job: JobControl): Promise<void> {
  const verifyJournals = (options: { readonly signal: AbortSignal }) =>
    verifyPlaces(store.known.map(journalPlace), store.storeId, options);
  await verifyCatalog({ databasePath: databasePath(folder), verifyJournals }, job);
}

/** The old database goes only after the journals were found readable. */
async function rebuildOffline(store: StoreDirectory, folder: string, job: JobControl): Promise<void> {
  const open = (target: string): Promise<OpenCatalog> =>
    openCatalog({
      directory: store,
      folder: target,
      jobs: new Jobs(systemClock),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      patient: false,
      onRebuild: progressTo(job),
    });
  await (await open(folder)).close();
  await removeDatabase(folder);
  const catalog = await open(folder);
  job.find({ where: databasePath(folder), problem: `rebuilt up to revision ${(await catalog.kv.status()).revision}` });
  await catalog.close();
}

function progressTo(job: JobControl): (progress: { readonly doneBytes: number; readonly totalBytes: number }) => void {
  let shown = 0;
  return ({ doneBytes, totalBytes }) => {
    job.advance(doneBytes - shown);
    job.expect(totalBytes - doneBytes);
    shown = doneBytes;
  };
}
