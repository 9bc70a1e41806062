/**
 * Why: reads and writes tell of what they met before those who act on it exist; this is where the two find each other.
 */
import type { BlockAddress } from '../base/block-address.ts';
import type { CopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';

export type BadCopy = { readonly volume: VolumeId; readonly address: BlockAddress; readonly error: CopysetError };
export type FailedCall = { readonly volume: VolumeId; readonly error: CopysetError };

export type NoticeHandlers = { badCopy(notice: BadCopy): void; failedCall(notice: FailedCall): void };

export class Notices {
  #handlers: NoticeHandlers | undefined;

  /** What comes before is dropped: it is met again by the next read. */
  handle(handlers: NoticeHandlers): void {
    this.#handlers = handlers;
  }

  badCopy(notice: BadCopy): void {
    this.#handlers?.badCopy(notice);
  }

  failedCall(notice: FailedCall): void {
    this.#handlers?.failedCall(notice);
  }
}
