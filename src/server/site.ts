/** Why: the rooms of one site, put together: volumes, layouts, blocks, objects, and what repair works with. */
import { MemoryBudget } from '../base/async/memory-budget.ts';
import { newTurns } from '../base/async/turns.ts';
import type { BlockAddress } from '../base/block-address.ts';
import type { Clock } from '../base/clock.ts';
import type { CopysetError } from '../base/errors.ts';
import type { NameHash } from '../base/hash.ts';
import type { VolumeId } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import type { ReadMemory } from '../base/read-memory.ts';
import type { Cache } from '../cache/cache.ts';
import { addDebts } from '../catalog/debts.ts';
import type { Stamps } from '../catalog/stamps.ts';
import type { Kv } from '../kv/kv.ts';
import { ManifestNodes } from '../object/content/manifest-nodes.ts';
import { defaultObjectLimits, type ObjectContext, type ObjectLimits } from '../object/context.ts';
import { ReadAhead, type ReadAheadOptions } from '../object/read-ahead/read-ahead.ts';
import type { BucketOptions } from '../object/store.ts';
import { BlockInventory } from '../replica/inventory.ts';
import { Layouts } from '../replica/layouts.ts';
import { Members } from '../replica/members.ts';
import type { ReadContext } from '../replica/read-copies.ts';
import type { ScrubContext } from '../replica/scrub.ts';
import { SiteBlocks } from '../replica/site-blocks.ts';
import { VerifiedPlaces } from '../replica/verified-places.ts';
import { ResidentReader } from '../volume/resident-reader.ts';

export type SiteOptions = {
  readonly kv: Kv;
  /** Steady: ages are measured by it. */
  readonly clock: Clock;
  /** By the clock that people set. */
  readonly stamps: Stamps;
  readonly random: Random;
  readonly cache: Cache;
  readonly memoryBytes: number;
  /** Where the volumes read into. */
  readonly readMemory: ReadMemory;
  /** Names new blocks. */
  readonly hash: NameHash;
  readonly bucketDefaults: BucketOptions;
  /** For so long what was verified is sent out of the page cache without another look; 0: every read is verified. */
  readonly verifiedForMs: number;
  /** Fetches ahead of readers, and counts here; undefined: it does not. */
  readonly readAhead?: Pick<ReadAheadOptions, 'metrics'> | undefined;
  /** The defaults when left out. */
  readonly limits?: ObjectLimits;
  /** A copy was found bad and is owed now. */
  readonly onBadCopy: (id: VolumeId, address: BlockAddress, error: CopysetError) => void;
  /** A volume failed a call: look at it. */
  readonly onFailure: (id: VolumeId, error: CopysetError) => void;
};

export type Site = {
  readonly members: Members;
  readonly layouts: Layouts;
  readonly objects: ObjectContext;
  readonly repair: ScrubContext;
};

/** Bodies and blocks up to here are small. */
const smallBytes = 2 ** 20;
/** Of the memory, that which no large body takes, and that which no small one takes. */
const keptForSmall = 1 / 8;
const keptForLarge = 1 / 2;
/** Who would wait longer for memory is told to come again. */
const maxWaitMs = 5_000;
/** Twice what one body holds, and enough for a core: a block of 8 MiB is on its way for a few milliseconds. */
const turnLimits = { capacityBytes: 32 * 2 ** 20, leastBytes: 256 * 1024, longestMs: { client: 50, disks: 2_000 } };
const hedge = { leastMs: 20, mostMs: 500 };
const stragglerMs = 250;

export function assembleSite(options: SiteOptions): Site {
  const { kv, clock, random, onFailure, limits = defaultObjectLimits } = options;
  const members = new Members();
  const layouts = new Layouts(kv);
  const verified = new VerifiedPlaces({ clock, lifetimeMs: options.verifiedForMs });
  const resident = new ResidentReader(options.readMemory);
  const { onBadCopy } = options;
  const read: ReadContext = { members, clock, random, hedge, verified, resident, onFailure, onBadCopy };
  const write = { members, clock, stragglerMs, onFailure };
  const blocks = new SiteBlocks({ layouts, read, write, hash: options.hash });
  const { cache, readMemory, readAhead } = options;
  const memory = memoryFor(options);
  const objects: ObjectContext = {
    kv,
    blocks,
    clock,
    stamps: options.stamps,
    random,
    cache,
    memory,
    turns: newTurns(turnLimits, clock),
    readMemory,
    nodes: new ManifestNodes(),
    readAhead: readAhead && new ReadAhead({ blocks, cache, memory, readMemory, ...readAhead }),
    limits,
    bucketDefaults: options.bucketDefaults,
  };
  const graceMs = 2 * limits.requestDeadlineMs;
  const repair = { kv, layouts, members, read, clock, graceMs, inventory: new BlockInventory(members, clock) };
  return { members, layouts, objects, repair };
}

function memoryFor({ memoryBytes, clock }: SiteOptions): MemoryBudget {
  const keptForSmallBytes = Math.floor(memoryBytes * keptForSmall);
  const keptForLargeBytes = Math.floor(memoryBytes * keptForLarge);
  return new MemoryBudget({
    capacityBytes: memoryBytes,
    smallBytes,
    keptForSmallBytes,
    keptForLargeBytes,
    clock,
    maxWaitMs,
  });
}

/** Bodies are on their way in or out. */
export function usersAreServed({ objects }: Site): boolean {
  return objects.memory.inUse > 0;
}

/** Writes down that a copy is owed; what cannot be written now is found again by the next read or scrub. */
export async function oweBadCopy(site: Site, id: VolumeId, address: BlockAddress): Promise<void> {
  const { name, classId } = address;
  await addDebts(site.repair.kv, [{ name, classId, volumes: [id] }], site.repair.clock.wallMs());
}
