/**
 * Why: one process serves a volume at a time, and an endpoint has no locks. The owner object is a lease: renewed while
 * the volume is open, taken over when it was not renewed for as long as it says. Where puts obey conditions, of two who
 * take it one is refused; elsewhere each notices the other at its next renewal. It guards what a process knows of the
 * volume; blocks do not need it: they never change, and deletes are fenced in the catalog.
 *
 *   absent or stale -> (put, read back) -> held -> (renew ...) -> released
 *                                              \-> lost: another holder was read
 */
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import { type Clock, deadline } from '../../base/clock.ts';
import { CopysetError, isCopysetError, throwIfBug } from '../../base/errors.ts';
import { type Branded, newId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';
import type { S3PutOptions } from '../../s3-client/client.ts';
import { decodeLine, encodeLine } from '../checked-line.ts';
import { ownerName, pathIn, placeText, type VolumePlace } from './place.ts';
import { readSmall } from './small-object.ts';

type HolderId = Branded<string, 'HolderId'>;

type OwnerRecord = {
  readonly holder: HolderId;
  /** Grows, so that each renewal is another object. */
  readonly renewal: number;
  readonly renewedAtMs: number;
  readonly leaseTtlMs: number;
};

type Seen = { readonly record: OwnerRecord; readonly etag: string };

export type OwnerOptions = {
  readonly place: VolumePlace;
  readonly clock: Clock;
  readonly random: Random;
  readonly conditionalPut: boolean;
  readonly leaseTtlMs: number;
};

const kind = { format: 'copyset-volume-s3-owner', version: 1 };
/** S3 takes no request from a clock that is further off, so by the wall clock such an owner is stale for sure. */
const maxSkewMs = 15 * 60_000;
const looksInALease = 10;
/** For an endpoint that never shows what it took. */
const maxPuts = 3;

export class Owner {
  readonly #options: OwnerOptions;
  readonly #holder: HolderId;
  readonly #stop = new AbortController();
  #renewal = 0;
  #etag = '';
  #lost: CopysetError | undefined;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(options: OwnerOptions) {
    this.#options = options;
    this.#holder = newId(options.random);
  }

  /** `volume.locked` when another one keeps it; waits as long as a lease for one that may have died. */
  static async take(options: OwnerOptions, call: CallOptions = {}): Promise<Owner> {
    const owner = new Owner(options);
    await owner.#take(call);
    owner.#renewing = owner.#renewForEver();
    return owner;
  }

  /** `volume.locked` once another one has it. */
  get lost(): CopysetError | undefined {
    return this.#lost;
  }

  /** Lets the next one in at once; takes no longer than the lease itself, also when the endpoint hangs. */
  async release(): Promise<void> {
    const { place, clock, leaseTtlMs } = this.#options;
    this.#stop.abort();
    await this.#renewing;
    using limit = deadline(clock, leaseTtlMs, `giving up ${placeText(place)}`);
    try {
      const seen = await this.#read(limit);
      if (seen?.record.holder !== this.#holder) return;
      await place.client.delete(pathIn(place, ownerName), limit);
    } catch (error) {
      throwIfBug(error); // it ends by itself when it is not renewed
    }
  }

  async #take(call: CallOptions): Promise<void> {
    const { clock, leaseTtlMs } = this.#options;
    const first = await this.#read(call);
    const untilMs = clock.monotonicMs() + (first?.record.leaseTtlMs ?? 0);
    for (let seen = first, puts = 0; ; seen = await this.#read(call)) {
      throwIfAborted(call.signal);
      if (seen?.record.holder === this.#holder) return this.#held(seen);
      if (seen !== undefined && !isSame(seen, first)) throw this.#taken();
      if (seen !== undefined && !this.#isStale(seen.record, untilMs)) {
        await clock.sleep(leaseTtlMs / looksInALease, call);
      } else if (puts++ < maxPuts) await this.#tryPut(seen, call);
      else throw this.#taken();
    }
  }

  #isStale({ renewedAtMs }: OwnerRecord, untilMs: number): boolean {
    const { clock } = this.#options;
    return clock.monotonicMs() >= untilMs || clock.wallMs() - renewedAtMs > maxSkewMs;
  }

  #held({ record, etag }: Seen): void {
    this.#renewal = record.renewal;
    this.#etag = etag;
  }

  async #renewForEver(): Promise<void> {
    const { clock, leaseTtlMs } = this.#options;
    const { signal } = this.#stop;
    while (this.#lost === undefined && !signal.aborted) {
      try {
        await clock.sleep(leaseTtlMs / 3, { signal });
        await this.#renew({ signal });
      } catch (error) {
        throwIfBug(error); // the next renewal may come through; calls to the volume tell what is the matter
      }
    }
  }

  async #renew(call: CallOptions): Promise<void> {
    const { conditionalPut } = this.#options;
    if (conditionalPut && (await this.#put({ ...call, ifMatch: this.#etag }))) return;
    const seen = await this.#read(call);
    if (seen !== undefined && seen.record.holder !== this.#holder) this.#lost = this.#taken();
    else if (seen !== undefined && conditionalPut) this.#held(seen);
    else await this.#tryPut(seen, call);
  }

  /** In the place of what was seen, if that has not changed and the endpoint looks at it. */
  async #tryPut(seen: Seen | undefined, call: CallOptions): Promise<void> {
    const condition = seen === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: seen.etag };
    await this.#put({ ...call, ...(this.#options.conditionalPut && condition) });
  }

  /** False when the condition does not hold. */
  async #put(options: S3PutOptions): Promise<boolean> {
    const { place, clock, leaseTtlMs } = this.#options;
    const renewal = this.#renewal + 1;
    const record = { holder: this.#holder, renewal, renewedAtMs: Math.floor(clock.wallMs()), leaseTtlMs };
    try {
      const etag = await place.client.put(pathIn(place, ownerName), encodeLine(kind, record), options);
      this.#renewal = renewal;
      this.#etag = etag;
      return true;
    } catch (error) {
      const isGone = isCopysetError(error, 'not_found') && error.details.what === 'object'; // AWS says so of If-Match
      if (isGone || isCopysetError(error, 'precondition_failed', 'conflict')) return false;
      throw error;
    }
  }

  async #read(call: CallOptions = {}): Promise<Seen | undefined> {
    const { place } = this.#options;
    const object = await readSmall(place.client, pathIn(place, ownerName), call);
    if (object === undefined) return undefined;
    return { record: decodeOwner(object.bytes, placeText(place)), etag: object.etag };
  }

  #taken(): CopysetError {
    return new CopysetError('volume.locked', `${placeText(this.#options.place)} is served by another process`);
  }
}

function isSame(seen: Seen, first: Seen | undefined): boolean {
  return seen.record.holder === first?.record.holder && seen.record.renewal === first.record.renewal;
}

/** Damage is nobody's hold: what was kept there is worth less than a volume that cannot be opened. */
function decodeOwner(bytes: Uint8Array, where: string): OwnerRecord {
  try {
    return decodeLine(bytes, kind, `the owner of the volume ${where}`) as unknown as OwnerRecord;
  } catch (error) {
    if (!isCopysetError(error, 'format.damaged')) throw error;
    return { holder: '' as HolderId, renewal: 0, renewedAtMs: 0, leaseTtlMs: 0 };
  }
}
