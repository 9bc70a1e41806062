/**
 * Why: a volume is believed when it has lived through crashes: four clients work on few blocks, the boot ends in the
 * middle of it, and the next boot must show all that was acknowledged and nothing in part. Everything follows from the
 * seed. The life of one seed again, through crashes and power cuts: `node src/volume/file/life.conformance.ts SEED`.
 */
import { expect } from 'vitest';
import { addressKey } from '../../base/block-address.ts';
import { systemClock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import { pick, type Random, seededRandom } from '../../base/random.ts';
import type { Disk } from '../../disk/disk.ts';
import { withDiskFaults } from '../../disk/faults/faulty-disk.ts';
import type { DiskFaults } from '../../disk/faults/injection.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { readWholeFile } from '../../disk/whole-file.ts';
import { readWholeBlock } from '../read-block.ts';
import { type SealedBlock, sealBlock } from '../stored-form.ts';
import { createFileVolume } from './create-file-volume.ts';
import type { FileVolume } from './file-volume.ts';
import { openFileVolume } from './open-file-volume.ts';
import { retiredPath, segmentsPath } from './paths.ts';
import { storeId } from './trial.conformance.ts';

/** Small, so that every run begins, ends and rewrites many segments. */
const buffered = {
  segmentBytes: 12_000,
  reserveBytes: 0,
  headroomBytes: 0,
  spareBytes: 0,
  maxGroupBytes: 6000,
  checkpointBytes: 3000,
  maxGarbageShare: 0.3,
  minGarbageBytes: 2000,
  batchBytes: 900,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  maxOpenSegments: 2,
};

/** Where a group takes whole blocks of the device, and several writes. */
const direct = {
  ...buffered,
  segmentBytes: 40_000,
  maxGroupBytes: 20_000,
  checkpointBytes: 10_000,
  minGarbageBytes: 12_000,
  batchBytes: 9000,
  spanBytes: 4096,
  maxSpareSegments: 2,
  maxSpareShare: 1e9,
  spareRoomBytes: 0,
};

const blocks: readonly SealedBlock[] = Array.from({ length: 14 }, (_, number) =>
  sealBlock([seededRandom(number).bytes(number === 0 ? 0 : 20 + ((number * 1597) % 4400))], 3, 'blake3'),
);

/** What is known of one block. */
class Fate {
  readonly block: SealedBlock;
  wasPut = false;
  /** What every later state must show; undefined while an answer is missing. */
  certain: 'present' | 'absent' | undefined = 'absent';
  #last = 0;

  constructor(block: SealedBlock) {
    this.block = block;
  }

  async put(volume: FileVolume, replace: boolean): Promise<void> {
    const call = ++this.#last;
    this.wasPut = true;
    if (this.certain === 'absent') this.certain = undefined;
    await volume.put(this.block, { replace });
    if (call === this.#last) this.certain = 'present';
  }

  async delete(volume: FileVolume): Promise<void> {
    const call = ++this.#last;
    if (this.certain === 'present') this.certain = undefined;
    await volume.delete(this.block.address);
    await volume.check(); // a retired volume forgets without writing
    if (call === this.#last) this.certain = 'absent';
  }
}

export type Lies = Omit<DiskFaults, 'schedule' | 'clock'>;

type LifeOptions = {
  readonly direct: boolean;
  readonly rates?: Readonly<Record<string, number>>;
  readonly lies?: Lies;
  /** Where space runs out a delete is only remembered. */
  readonly deletesMayBeLost?: boolean;
};

type View = { readonly volume: FileVolume; readonly listed: Set<string>; readonly isDurable: boolean };

/** So few that what is free is asked for before each group. */
const fewBytes = 2 ** 32;

/** One volume through several boots, each ended by `end` in the middle of the work of four clients. */
class Life {
  readonly random: Random;
  readonly fates = blocks.map((block) => new Fate(block));
  readonly schedule: FaultSchedule;
  readonly #options: LifeOptions;
  memory: MemoryDisk;
  disk: Disk;
  #isOver = false;

  constructor(seed: number, options: LifeOptions) {
    this.random = seededRandom(seed);
    this.schedule = new FaultSchedule({ seed, rates: options.rates ?? {} });
    this.schedule.pause();
    this.#options = options;
    this.memory = new MemoryDisk({ direct: options.direct, capacityBytes: fewBytes });
    this.disk = this.#wrap();
  }

  async begin(): Promise<void> {
    await createFileVolume({ disk: this.memory, storeId, clock: systemClock, random: this.random });
  }

  open(): Promise<FileVolume> {
    const limits = this.#options.direct ? direct : buffered;
    return openFileVolume({ disk: this.disk, storeId, clock: systemClock, limits });
  }

  /** Works for some moments, then the boot ends, wherever it is. */
  async boot(volume: FileVolume, end: (memory: MemoryDisk) => MemoryDisk): Promise<void> {
    this.schedule.resume();
    this.#isOver = false;
    const clients = Array.from({ length: 4 }, () => this.#client(volume));
    for (let moments = this.random.integer(2500); moments > 0; moments--) await Promise.resolve();
    this.#isOver = true;
    this.memory = end(this.memory);
    this.schedule.pause();
    this.disk = this.#wrap();
    await Promise.all(clients);
  }

  #wrap(): Disk {
    return withDiskFaults(this.memory, { schedule: this.schedule, clock: systemClock, ...this.#options.lies });
  }

  async #client(volume: FileVolume): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#step(volume);
      } catch (error) {
        if (isCopysetError(error, 'closed', 'volume.retired')) return;
        if (!isCopysetError(error, 'disk.io', 'disk.full', 'block.missing')) throw error;
      }
    }
  }

  async #step(volume: FileVolume): Promise<void> {
    const fate = pick(this.random, this.fates);
    const dice = this.random.integer(10);
    if (dice < 5) await fate.put(volume, dice === 0);
    else if (dice < 8) await fate.delete(volume);
    else if (dice === 8) await readWholeBlock(volume, fate.block.address);
    else await volume.compact();
  }

  /** What the volume shows and must not. */
  async problems(volume: FileVolume): Promise<string[]> {
    const listed = (await volume.list({ limit: 1e6 })).map(({ address }) => addressKey(address));
    expect(listed).toEqual([...new Set(listed)].sort());
    const [check] = await Promise.allSettled([volume.check()]);
    const isDurable = check.status === 'fulfilled'; // what a retired volume lists may not be
    const view = { volume, listed: new Set(listed), isDurable };
    const problems = await Promise.all(this.fates.map((fate, number) => this.#problemOf(fate, number, view)));
    const known = new Set(this.fates.map(({ block }) => addressKey(block.address)));
    return [...problems.filter((problem) => problem !== undefined), ...view.listed.difference(known)];
  }

  async #problemOf(fate: Fate, number: number, { volume, listed, isDurable }: View) {
    const { address } = fate.block;
    const isListed = listed.has(addressKey(address));
    if (isListed && !fate.wasPut) return `${number} was never put`;
    if (isListed && fate.certain === 'absent' && this.#options.deletesMayBeLost !== true) return `${number} came back`;
    if (!isListed) return fate.certain === 'present' ? `${number} is lost` : undefined;
    if (isDurable) fate.certain = 'present';
    return readWholeBlock(volume, address).then(
      () => undefined,
      (error) => `${number}: ${String(error)}`,
    );
  }
}

type Ending = 'power cut' | 'kill' | 'either';

function end(ending: Ending, random: Random): (memory: MemoryDisk) => MemoryDisk {
  const isCut = ending === 'power cut' || (ending === 'either' && random.integer(2) === 0);
  return (memory) => (isCut ? memory.powerCut(random) : memory.crash());
}

/** Runs `live` with each seed; a failure names the seed that replays it. */
async function withSeeds(count: number, live: (seed: number) => Promise<void>): Promise<void> {
  for (let seed = 1; seed <= count; seed++) {
    try {
      await live(seed);
    } catch (error) {
      throw new CopysetError('bug', `seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
}

async function liveThrough(life: Life, boots: number, ending: Ending): Promise<void> {
  await life.begin();
  for (let boot = 0; boot < boots; boot++) {
    const volume = await life.open();
    expect(await life.problems(volume)).toEqual([]);
    await life.boot(volume, end(ending, life.random));
  }
}

/** Nothing acknowledged is lost, nothing is there that was not put, nothing is there in part. */
export async function surviveCrashes(seeds: number, ending: Ending): Promise<void> {
  const calls = new Map<string, number>();
  await withSeeds(seeds, async (seed) => {
    addUp(calls, (await surviveSeed(seed, ending)).schedule.calls);
  });
  const proofOfCompaction = (calls.get('remove') ?? 0) / seeds;
  expect(proofOfCompaction).toBeGreaterThan(2);
  const proofOfSpares = (calls.get('rename') ?? 0) / seeds;
  expect(proofOfSpares).toBeGreaterThan(2);
}

/** Every second life. */
function isDirect(seed: number): boolean {
  return seed % 2 === 0;
}

async function surviveSeed(seed: number, ending: Ending): Promise<Life> {
  const life = new Life(seed, { direct: isDirect(seed) });
  await liveThrough(life, 5, ending);
  const volume = await life.open();
  expect(await life.problems(volume)).toEqual([]);
  await volume.close();
  return life;
}

const faultRates = {
  'write:torn': 0.02,
  'write:full': 0.02,
  'open:full': 0.02,
  'read:error': 0.01,
  'remove:error': 0.02,
  'rename:error': 0.02,
  'truncate:error': 0.05,
  'space:error': 0.01,
  'stat:error': 0.003,
  'sync:error': 0.002,
  'syncDirectory:error': 0.01,
};

/** The same while calls fail: every fault must have fired, and failed syncs must have retired volumes. */
export async function surviveFaults(seeds: number): Promise<void> {
  const fired = new Map<string, number>();
  let retired = 0;
  await withSeeds(seeds, async (seed) => {
    const life = new Life(seed, { direct: isDirect(seed), rates: faultRates, deletesMayBeLost: true });
    await liveThrough(life, 4, 'either');
    expect(await life.problems(await life.open())).toEqual([]);
    if ((await life.memory.stat(retiredPath)) !== undefined) retired++;
    addUp(fired, life.schedule.fired);
  });
  expect([...fired].filter(([, times]) => times === 0)).toEqual([]);
  expect([...fired.keys()].sort()).toEqual(Object.keys(faultRates).sort());
  expect(retired).toBeGreaterThan(0);
}

/** One damaged byte costs one block at most. */
export async function surviveDamage(seeds: number): Promise<void> {
  let damaged = 0;
  await withSeeds(seeds, async (seed) => {
    const life = new Life(seed, { direct: isDirect(seed) });
    await liveThrough(life, 3, 'either');
    await damageOneByte(life);
    const problems = await life.problems(await life.open());
    expect(problems.length).toBeLessThanOrEqual(1);
    damaged += problems.length;
  });
  expect(damaged / seeds).toBeGreaterThan(0.1);
}

/** How many lives show a problem when the disk lies. */
export async function countProblems(seeds: number, lies: Lies): Promise<number> {
  let problems = 0;
  await withSeeds(seeds, async (seed) => {
    const life = new Life(seed, { direct: isDirect(seed), lies });
    await life.begin();
    await life.boot(await life.open(), end('power cut', life.random));
    problems += (await life.problems(await life.open())).length;
  });
  return problems;
}

function addUp(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [key, count] of counts) sums.set(key, (sums.get(key) ?? 0) + count);
}

async function damageOneByte({ memory, random }: Life): Promise<void> {
  const names = (await memory.list(segmentsPath)).filter((name) => !name.endsWith('.spare'));
  const path = `${segmentsPath}/${pick(random, names)}`;
  const bytes = (await readWholeFile(memory, path)) ?? new Uint8Array(0);
  const position = random.integer(bytes.byteLength);
  memory.corrupt(path, position, Uint8Array.of((bytes[position] as number) ^ (1 + random.integer(255))));
}

if (import.meta.main) await surviveSeed(Number(process.argv[2] ?? 1), 'either');
