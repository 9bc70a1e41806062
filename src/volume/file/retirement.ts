/**
 * Why: after a failed sync nobody knows which bytes are durable, and a second sync may succeed without writing them. So
 * the first failure ends the service of a volume for good: nothing more is written to it until it is emptied and made
 * anew.
 */
import { utf8 } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { Disk } from '../../disk/disk.ts';
import { retiredPath } from './paths.ts';

export class Retirement {
  readonly #disk: Disk;
  readonly #clock: Clock;
  #error: CopysetError | undefined;

  private constructor(disk: Disk, clock: Clock) {
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Of a volume that an earlier process may have retired. */
  static async open(disk: Disk, clock: Clock): Promise<Retirement> {
    const retirement = new Retirement(disk, clock);
    if ((await disk.stat(retiredPath)) !== undefined) retirement.#error = retired(disk, undefined);
    return retirement;
  }

  /** Why the volume is retired, if it is. */
  get error(): CopysetError | undefined {
    return this.#error;
  }

  /** Runs a sync; its failure retires the volume, except where there was no room or nothing to sync any more. */
  async sync(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isCopysetError(error, 'disk.full', 'disk.not_found')) throw error;
      throw await this.retire(error);
    }
  }

  /** The error for whoever waits. */
  async retire(cause: unknown): Promise<CopysetError> {
    const error = retired(this.#disk, cause);
    this.#error ??= error;
    await Promise.allSettled([this.#leaveMark(cause)]); // a disk that fails may not take it; in memory it holds anyway
    return error;
  }

  async #leaveMark(cause: unknown): Promise<void> {
    const mark = { format: 'copyset-retired', version: 1, atMs: this.#clock.wallMs(), reason: String(cause) };
    const file = await this.#disk.open(retiredPath, 'create');
    await file.write([utf8(`${JSON.stringify(mark)}\n`)], 0);
    await file.sync();
    await file.close();
    await this.#disk.syncDirectory('');
  }
}

function retired({ root }: Disk, cause: unknown): CopysetError {
  return new CopysetError('volume.retired', `${root}: a sync failed, it takes no more writes`, { cause });
}
