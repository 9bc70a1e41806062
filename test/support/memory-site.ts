/** Why: a whole site in memory, the shipping code over memory drivers, for tests of everything above the volumes. */
import { MemoryBudget } from '../../src/base/async/memory-budget.ts';
import { newTurns } from '../../src/base/async/turns.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { VolumeId } from '../../src/base/ids.ts';
import { newId } from '../../src/base/ids.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { ReadMemory } from '../../src/base/read-memory.ts';
import type { Cache } from '../../src/cache/cache.ts';
import { noCache } from '../../src/cache/no-cache.ts';
import { addDebts } from '../../src/catalog/debts.ts';
import type { VolumeEntry } from '../../src/catalog/records/volume-entry.ts';
import { Stamps } from '../../src/catalog/stamps.ts';
import type { Kv } from '../../src/kv/kv.ts';
import { MemoryKv } from '../../src/kv/memory/memory-kv.ts';
import { ManifestNodes } from '../../src/object/content/manifest-nodes.ts';
import { defaultObjectLimits, type ObjectContext, type ObjectLimits } from '../../src/object/context.ts';
import { createObjectStore } from '../../src/object/object-store.ts';
import { ReadAhead, type ReadAheadOptions } from '../../src/object/read-ahead/read-ahead.ts';
import type { BucketOptions, ObjectStore } from '../../src/object/store.ts';
import { changeVolumes } from '../../src/replica/change-volumes.ts';
import { BlockInventory } from '../../src/replica/inventory.ts';
import { Layouts } from '../../src/replica/layouts.ts';
import { Members } from '../../src/replica/members.ts';
import type { ReadContext } from '../../src/replica/read-copies.ts';
import type { ScrubContext } from '../../src/replica/scrub.ts';
import { SiteBlocks } from '../../src/replica/site-blocks.ts';
import { VerifiedPlaces } from '../../src/replica/verified-places.ts';
import { MemoryVolume } from '../../src/volume/memory/memory-volume.ts';
import { ResidentReader } from '../../src/volume/resident-reader.ts';
import type { Volume } from '../../src/volume/volume.ts';
import { storeAsAsked } from './remote-store.ts';

export type MemorySiteOptions = {
  /** Where its volumes read into, if they do. */
  readonly readMemory?: ReadMemory;
  readonly volumes: number;
  readonly seed?: number;
  readonly clock?: Clock;
  readonly kv?: Kv;
  readonly cache?: Cache;
  readonly limits?: Partial<ObjectLimits>;
  readonly bucketDefaults?: Partial<BucketOptions>;
  readonly graceMs?: number;
  /** Of blocks on their way at once. */
  readonly turnBytes?: number;
  readonly memoryBytes?: number;
  /** Nothing is small, and nothing kept for it, when left out. */
  readonly smallBytes?: number;
  readonly keptForSmallBytes?: number;
  /** For memory; long when left out. */
  readonly maxWaitMs?: number;
  /** Nothing is fetched ahead where it is left out. */
  readonly readAhead?: Pick<ReadAheadOptions, 'metrics' | 'limits'>;
  /** How long a read's verification counts. */
  readonly verifiedMs?: number;
  readonly openVolume?: (id: VolumeId, index: number) => Promise<Volume>;
};

export type MemorySite = {
  readonly kv: Kv;
  readonly store: ObjectStore;
  readonly members: Members;
  readonly context: ObjectContext;
  /** What repair, scrub and the collector work with. */
  readonly repair: ScrubContext;
  /** Debts that reads reported and that are being written down. */
  settle(): Promise<void>;
};

const patientTurns = { leastBytes: 1, longestMs: { client: 60_000, disks: 60_000 } };

export async function startMemorySite(options: MemorySiteOptions): Promise<MemorySite> {
  const { clock = systemClock, cache = noCache, readMemory = new ReadMemory({ maxFreeBytes: 0 }), readAhead } = options;
  const random = seededRandom(options.seed ?? 1);
  const kv = options.kv ?? new MemoryKv({ random });
  const members = new Members();
  const layouts = new Layouts(kv);
  const reported = new Set<Promise<void>>();
  const read: ReadContext = {
    members,
    clock,
    random,
    hedge: { leastMs: 20, mostMs: 1000 },
    verified: new VerifiedPlaces({ clock, lifetimeMs: options.verifiedMs ?? 60_000 }),
    resident: new ResidentReader(readMemory),
    onBadCopy: (id, { name, classId }) => {
      const debt = addDebts(kv, [{ name, classId, volumes: [id] }], clock.wallMs());
      reported.add(debt);
      void debt.finally(() => reported.delete(debt));
    },
    onFailure: () => undefined,
  };
  await addMemoryVolumes({ kv, members, random, clock }, options);
  const blocks = new SiteBlocks({
    layouts,
    read,
    hash: 'blake3',
    write: { members, clock, stragglerMs: 50, onFailure: () => undefined },
  });
  const memory = new MemoryBudget({
    capacityBytes: options.memoryBytes ?? 64 * 2 ** 20,
    smallBytes: options.smallBytes ?? 0,
    keptForSmallBytes: options.keptForSmallBytes ?? 0,
    keptForLargeBytes: 0,
    clock,
    maxWaitMs: options.maxWaitMs ?? 60_000,
  });
  const context: ObjectContext = {
    kv,
    blocks,
    cache,
    clock,
    stamps: new Stamps(clock),
    random,
    memory,
    turns: newTurns({ ...patientTurns, capacityBytes: options.turnBytes ?? 2 ** 30 }, clock),
    readMemory,
    nodes: new ManifestNodes(),
    readAhead: readAhead && new ReadAhead({ blocks, cache, memory, readMemory, ...readAhead }),
    limits: { ...defaultObjectLimits, minBlockBytes: 1024, minPartBytes: 16 * 1024, ...options.limits },
    bucketDefaults: { copies: 3, writeQuorum: 2, blockBytes: 16 * 1024, md5Etags: false, ...options.bucketDefaults },
  };
  const repair = {
    layouts,
    members,
    read,
    kv,
    inventory: new BlockInventory(members, clock),
    clock,
    graceMs: options.graceMs ?? 2 * context.limits.requestDeadlineMs,
  };
  return {
    kv,
    store: await storeAsAsked(createObjectStore(context)),
    members,
    context,
    repair,
    settle: async () => void (await Promise.all(reported)),
  };
}

type Adding = { readonly kv: Kv; readonly members: Members; readonly random: Random; readonly clock: Clock };

async function addMemoryVolumes({ kv, members, random, clock }: Adding, options: MemorySiteOptions): Promise<void> {
  const entries: VolumeEntry[] = [];
  for (let index = 0; index < options.volumes; index++) {
    const id = newId<VolumeId>(random);
    const volume = (await options.openVolume?.(id, index)) ?? new MemoryVolume({ id, clock });
    const entry: VolumeEntry = {
      id,
      path: `memory:${index}`,
      state: 'active',
      weight: 1,
      domain: ['site', 'zone', 'rack', 'node', `disk${index}`],
      addedAtMs: clock.wallMs(),
    };
    members.set(entry, volume);
    entries.push(entry);
  }
  await changeVolumes(kv, () => entries);
}
