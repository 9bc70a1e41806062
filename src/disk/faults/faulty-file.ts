/**
 * Why: bytes have faults of their own. A write tears, or fills the disk half way; a bit flips on its way; after a
 * failed sync the kernel takes the lost pages for clean, so that the next sync succeeds and makes nothing durable.
 */
import type { CallOptions } from '../../base/async/abort.ts';
import { InFlight } from '../../base/async/in-flight.ts';
import { concatBytes, slicePieces, totalBytes } from '../../base/bytes.ts';
import { type Fault, withFault } from '../../base/fault-schedule.ts';
import { abandonable } from '../abandon.ts';
import { alignedMemory } from '../direct.ts';
import { type DiskFile, directAlignBytes } from '../disk.ts';
import { type DiskFaults, injected, orFail, plainFaults, spaceFaults } from './injection.ts';

const readFaults: readonly Fault[] = ['flip', ...plainFaults];
const writeFaults: readonly Fault[] = ['torn', 'flip', ...spaceFaults];

export class FaultyFile implements DiskFile {
  readonly #file: DiskFile;
  readonly #faults: DiskFaults;
  readonly #direct: boolean;
  readonly #inFlight = new InFlight();
  #lostPages = false;

  constructor(file: DiskFile, faults: DiskFaults, { direct }: { readonly direct: boolean }) {
    this.#file = file;
    this.#faults = faults;
    this.#direct = direct;
  }

  read(into: Uint8Array, position: number, options?: CallOptions): Promise<number> {
    return this.#call(['read', readFaults], (fault) => this.#read(into, position, fault), options);
  }

  write(pieces: readonly Uint8Array[], position: number, options?: CallOptions): Promise<void> {
    return this.#call(['write', writeFaults], (fault) => this.#write(pieces, position, fault), options);
  }

  sync(options?: CallOptions): Promise<void> {
    return this.#call(['sync', plainFaults], (fault) => this.#sync(fault), options);
  }

  truncate(bytes: number, options?: CallOptions): Promise<void> {
    const truncate = orFail('truncate', () => this.#file.truncate(bytes));
    return this.#call(['truncate', spaceFaults], truncate, options);
  }

  size(options?: CallOptions): Promise<number> {
    return this.#call(
      ['size', plainFaults],
      orFail('size', () => this.#file.size()),
      options,
    );
  }

  async close(): Promise<void> {
    await this.#inFlight.settled();
    await this.#file.close();
  }

  /** A call that was given up during its stall is still in flight. */
  #call<T>(
    [operation, possible]: readonly [string, readonly Fault[]],
    work: (fault: Fault | undefined) => Promise<T>,
    options?: CallOptions,
  ): Promise<T> {
    const play = () => withFault(this.#faults, { operation, possible }, work);
    return abandonable(() => this.#inFlight.track(play()), options);
  }

  async #read(into: Uint8Array, position: number, fault: Fault | undefined): Promise<number> {
    if (fault === 'error') throw injected('read', fault);
    const done = await this.#file.read(into, position);
    if (fault === 'flip') into.set(this.#faults.schedule.flip(into.subarray(0, done)));
    return done;
  }

  async #write(pieces: readonly Uint8Array[], position: number, fault: Fault | undefined): Promise<void> {
    if (fault === 'error') throw injected('write', fault);
    if (fault === 'torn' || fault === 'full') {
      await this.#file.write(slicePieces(pieces, 0, this.#tornBytes(totalBytes(pieces))), position);
      throw injected('write', fault);
    }
    await this.#file.write(fault === 'flip' ? [this.#flipped(pieces)] : pieces, position);
  }

  /** A direct write is torn between its blocks. */
  #tornBytes(bytes: number): number {
    const kept = this.#faults.schedule.random.integer(bytes);
    return this.#direct ? kept - (kept % directAlignBytes) : kept;
  }

  #flipped(pieces: readonly Uint8Array[]): Uint8Array {
    const flipped = this.#faults.schedule.flip(concatBytes(...pieces));
    if (!this.#direct) return flipped;
    const aligned = alignedMemory(flipped.byteLength).subarray(0, flipped.byteLength);
    aligned.set(flipped);
    return aligned;
  }

  async #sync(fault: Fault | undefined): Promise<void> {
    if (fault !== undefined) {
      this.#lostPages = true;
      throw injected('sync', fault);
    }
    if (!this.#lostPages && !this.#faults.ignoreFileSync) await this.#file.sync();
  }
}
