/** Why: tests of the file volume need a disk that can be seen through, made to fail, and booted again. */
import type { BlockAddress } from '../../base/block-address.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { CopysetError } from '../../base/errors.ts';
import { FaultSchedule } from '../../base/fault-schedule.ts';
import type { StoreId } from '../../base/ids.ts';
import { seededRandom } from '../../base/random.ts';
import type { Disk } from '../../disk/disk.ts';
import { withDiskFaults } from '../../disk/faults/faulty-disk.ts';
import { MemoryDisk } from '../../disk/memory/memory-disk.ts';
import { readWholeFile } from '../../disk/whole-file.ts';
import { readWholeBlock } from '../read-block.ts';
import { type SealedBlock, sealBlock } from '../stored-form.ts';
import { createFileVolume } from './create-file-volume.ts';
import type { FileVolume } from './file-volume.ts';
import { type FileVolumeLimits, openFileVolume } from './open-file-volume.ts';
import { segmentPath, segmentsPath } from './paths.ts';

export const storeId = '00000000000000aa' as StoreId;

/** The same bytes for the same number. */
export function blockOf(number: number, bytes = 1000): SealedBlock {
  return sealBlock([seededRandom(number).bytes(bytes)], 3, 'blake3');
}

export function blocksOf(count: number, bytes = 1000): SealedBlock[] {
  return Array.from({ length: count }, (_, number) => blockOf(number, bytes));
}

/** A volume over a memory disk below a schedule of faults. */
export class Trial {
  readonly schedule = new FaultSchedule({ seed: 1 });
  readonly damaged: BlockAddress[] = [];
  readonly problems: CopysetError[] = [];
  readonly limits: Partial<FileVolumeLimits>;
  memory: MemoryDisk;
  disk: Disk;

  private constructor(memory: MemoryDisk, limits: Partial<FileVolumeLimits>) {
    this.limits = { bytesPerSecond: Number.POSITIVE_INFINITY, ...limits };
    this.memory = memory;
    this.disk = this.#wrap();
  }

  static async create(limits: Partial<FileVolumeLimits> = {}, memory = new MemoryDisk()): Promise<Trial> {
    const trial = new Trial(memory, limits);
    await createFileVolume({ disk: memory, storeId, clock: systemClock, random: seededRandom(1) });
    return trial;
  }

  open(limits: Partial<FileVolumeLimits> = {}, clock: Clock = systemClock): Promise<FileVolume> {
    return openFileVolume({
      disk: this.disk,
      storeId,
      clock,
      limits: { ...this.limits, ...limits },
      onDamage: (address) => this.damaged.push(address),
      onProblem: (error) => this.problems.push(error),
    });
  }

  /** The process is killed; the next `open` is of the next boot. */
  kill(): void {
    this.boot(this.memory.crash());
  }

  boot(memory: MemoryDisk): void {
    this.memory = memory;
    this.disk = this.#wrap();
  }

  /** Sizes of the segments and sidecars, by name. */
  async files(): Promise<Record<string, number>> {
    const names = await this.memory.list(segmentsPath);
    const sizes = names.map(async (name) => [name, (await this.memory.stat(`${segmentsPath}/${name}`))?.bytes ?? 0]);
    return Object.fromEntries(await Promise.all(sizes)) as Record<string, number>;
  }

  async bytesOf(segment: number): Promise<Buffer> {
    return Buffer.from((await readWholeFile(this.memory, segmentPath(segment))) ?? []);
  }

  /** Flips all bits of the byte at `position` of a segment. */
  async damage(segment: number, position: number): Promise<void> {
    const byte = (await this.bytesOf(segment))[position] ?? 0;
    this.memory.corrupt(segmentPath(segment), position, Uint8Array.of(byte ^ 0xff));
  }

  #wrap(): Disk {
    return withDiskFaults(this.memory, { schedule: this.schedule, clock: systemClock });
  }
}

/** Which of the blocks can be read, verified. */
export async function readable(volume: FileVolume, blocks: readonly SealedBlock[]): Promise<number[]> {
  const whole: number[] = [];
  for (const [number, { address }] of blocks.entries()) {
    const [read] = await Promise.allSettled([readWholeBlock(volume, address)]);
    if (read.status === 'fulfilled') whole.push(number);
  }
  return whole;
}

/** Lets other work go on for some steps. */
export async function moments(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed++) await Promise.resolve();
}
