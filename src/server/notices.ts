/**
 * Why: reads and writes tell of what they met before those who act on it exist; this is where the two find each other.
 */
import type { BlockAddress } from '../base/block-address.ts';
import type { CopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';

export type BadCopy = { readonly volume: VolumeId; readonly address: BlockAddress; readonly error: CopysetError };
export type FailedCall = { readonly volume: VolumeId; readonly error: CopysetError };

export type NoticeHandlers = { badCopy(notice: BadCopy): void; failedCall(notice: FailedCall): void };

/** Bad copies that are met before; of more a scrub will tell. */
const maxEarly = 1_000;

export class Notices {
  #handlers: NoticeHandlers | undefined;
  readonly #early: BadCopy[] = [];

  handle(handlers: NoticeHandlers): void {
    this.#handlers = handlers;
    for (const notice of this.#early.splice(0)) handlers.badCopy(notice);
  }

  badCopy(notice: BadCopy): void {
    if (this.#handlers !== undefined) this.#handlers.badCopy(notice);
    else if (this.#early.length < maxEarly) this.#early.push(notice);
  }

  /** One that comes too early is dropped: the volume is looked at anyway. */
  failedCall(notice: FailedCall): void {
    this.#handlers?.failedCall(notice);
  }
}
