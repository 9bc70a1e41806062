/**
 * Why: the catalog of one machine: SQLite below, journals on several volumes as its commit point. A database that is
 * lost or damaged is made anew from them before anything is served; with too few journals the start says which are
 * missing and waits for them.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogService, CatalogStatus } from '../../admin/contract.ts';
import type { CallOptions } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import { type JournaledKv, openJournaledKv } from '../../kv/journal/journaled-kv.ts';
import type { RebuildProgress } from '../../kv/journal/options.ts';
import type { JournalPlace } from '../../kv/journal/place/journal-place.ts';
import type { Damage } from '../../kv/journal/run/member.ts';
import type { JournalScrub, ScrubOptions } from '../../kv/journal/run/scrub.ts';
import type { JournalPlaceStatus } from '../../kv/journal/run/status.ts';
import type { Kv } from '../../kv/kv.ts';
import type { SqliteKv } from '../../kv/sqlite/sqlite-kv.ts';
import type { Log } from '../../observe/log.ts';
import type { Jobs } from '../jobs.ts';
import type { StoreDirectory } from '../store-directory.ts';
import type { KnownVolume } from '../store-file.ts';
import { databasePath, openDatabase, setDatabaseAside } from './database.ts';
import { journalPlace, makeJournalFolder } from './journal-places.ts';
import { verifyCatalog } from './verify-catalog.ts';

export type OpenCatalogOptions = CallOptions & {
  readonly directory: StoreDirectory;
  /** Of the database. */
  readonly folder: string;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onRebuild?: (progress: RebuildProgress) => void;
  /** Sees the database as it is found, before anything is written; rejects to refuse the start. */
  readonly admit?: (found: Kv) => Promise<void>;
  /** Wait for journals that are missing, until the signal aborts; otherwise the open is refused. */
  readonly patient: boolean;
};

export type OpenCatalog = CatalogService & {
  readonly kv: Kv;
  status(): Promise<CatalogStatus>;
  /** Why writes are refused now. */
  readOnlyReason(): string | undefined;
  /** Only commits that make room are taken. */
  isFull(): boolean;
  /** To be called now and then: a database whose disk is full looks whether there is room again. */
  tend(options: CallOptions): Promise<void>;
  /** Volumes that carry a journal. */
  journalVolumes(): readonly VolumeId[];
  /** How each of them is. */
  journals(): readonly JournalPlaceStatus[];
  /** Reads all of them; what is damaged is healed from then on. */
  scrubJournals(options: ScrubOptions): Promise<readonly JournalScrub[]>;
  /** Another set of volumes carries the journals from now on. */
  moveJournals(volumes: readonly KnownVolume[]): Promise<void>;
  /** Resolves when the database cannot be trusted any more: what is opened after `close` is made anew. */
  readonly failed: Promise<CopysetError>;
  close(): Promise<void>;
};

/** J; a new store has as many, or one a volume where it has fewer. */
export const journalCount = 3;
const retryMs = 1_000;

export async function openCatalog(options: OpenCatalogOptions): Promise<OpenCatalog> {
  const { directory, folder, clock, random, log, jobs } = options;
  const first = directory.initialised ? [] : directory.known.slice(0, journalCount);
  await Promise.all(first.map((known) => makeJournalFolder(known, clock)));
  const places = (directory.initialised ? directory.known : first).map(journalPlace);
  const database = await openDatabase({ folder, random, log });
  const kv = await openOver(database, places, options);
  const parts = {
    databasePath: databasePath(folder),
    verifyJournals: (call: { signal: AbortSignal }) => kv.verifyJournals(call),
  };
  return {
    kv,
    status: () => catalogStatus(kv),
    readOnlyReason: () => readOnlyReason(kv),
    isFull: () => kv.journalStatus().isFull,
    tend: (call) => database.tend(call),
    journalVolumes: () => kv.journalStatus().members,
    journals: () => kv.journalStatus().places,
    scrubJournals: (scrub) => kv.scrubJournals(scrub),
    moveJournals: async (volumes) => {
      await Promise.all(volumes.map((known) => makeJournalFolder(known, clock)));
      await kv.changeJournals(volumes.map(journalPlace));
    },
    failed: database.failed,
    close: async () => {
      await kv.close();
      await leave(database, options);
    },
    verifyCatalog: (_, call) =>
      jobs.follow(
        jobs.start({ kind: 'catalog-verify', unit: 'revisions' }, (job) => verifyCatalog(parts, job)),
        call,
      ),
    rebuildCatalog: () => {
      throw new CopysetError(
        'precondition_failed',
        'the store is being served: stop it first; a lost or damaged database is made anew at the next start by itself',
      );
    },
  };
}

async function openOver(
  database: SqliteKv,
  journals: readonly JournalPlace[],
  options: OpenCatalogOptions,
): Promise<JournaledKv> {
  const { directory, clock, random, onRebuild, patient } = options;
  try {
    await options.admit?.(database);
    return await openJournaledKv({
      inner: database,
      journals,
      storeId: directory.storeId,
      clock,
      random,
      gather: nextTurn,
      ...(onRebuild === undefined ? {} : { progress: onRebuild }),
      ...(patient ? { waitFor: waitingWith(options) } : {}),
    });
  } catch (error) {
    await database.close();
    await leave(database, options);
    throw error;
  }
}

/** What failed is never opened again: the next start makes it anew. */
async function leave(database: SqliteKv, { folder, log }: OpenCatalogOptions): Promise<void> {
  if (!database.hasFailed) return;
  await setDatabaseAside(folder);
  log.warn('the database of the catalog failed and was set aside; the journals have everything', { folder });
}

/** Says once what is missing, then looks again every second. */
function waitingWith({ clock, log, signal }: OpenCatalogOptions): (refusal: CopysetError) => Promise<void> {
  let said = '';
  return async (refusal) => {
    if (refusal.message !== said)
      log.error('the store cannot start; it goes on when what it needs is back', { error: refusal });
    said = refusal.message;
    await clock.sleep(retryMs, { signal });
  };
}

function readOnlyReason(kv: JournaledKv): string | undefined {
  const { readOnly, isFull } = kv.journalStatus();
  return readOnly ?? (isFull ? 'the disk of the catalog or of its journals is full; deletes are taken' : undefined);
}

async function catalogStatus(kv: JournaledKv): Promise<CatalogStatus> {
  const { revision, incarnation } = await kv.status();
  const { members, places } = kv.journalStatus();
  const journals = members.map((id) => {
    const place = places.find((each) => each.id === id);
    const state = place === undefined ? 'missing' : place.state === 'opening' ? 'lagging' : place.state;
    return {
      volume: id,
      path: place?.path ?? '',
      state,
      revision: place?.syncedRevision ?? 0,
      bytes: place?.bytes ?? 0,
      damage: describeDamage(place?.damage),
    } as const;
  });
  return { revision, incarnation, journals };
}

function describeDamage(damage: Damage | undefined): string | undefined {
  if (damage?.obstacle === undefined) return damage?.found;
  return `${damage.found}; it cannot be healed yet: ${damage.obstacle}`;
}
