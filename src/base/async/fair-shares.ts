/**
 * Why: who wants little must not wait behind those who want much, nor the other way round. There are two queues, each
 * in order of arrival. Neither kind may hold everything: what it cannot hold is the other's for certain. Pure: what is
 * asked and given back goes in, who may go on comes out.
 */
import { assert } from '../assert.ts';

export type ShareOptions = {
  readonly capacityBytes: number;
  /** Who asks for more is large. */
  readonly smallBytes: number;
  /** That only small ones may hold. */
  readonly keptForSmallBytes: number;
  /** That only large ones may hold. */
  readonly keptForLargeBytes: number;
};

/** One who asked; the same object gives back or leaves. */
export type Asking = { readonly bytes: number };

type Kind = { readonly mostBytes: number; heldBytes: number; waitingBytes: number; readonly queue: Asking[] };

export class FairShares {
  readonly #options: ShareOptions;
  readonly #small: Kind;
  readonly #large: Kind;

  constructor(options: ShareOptions) {
    const { capacityBytes, keptForSmallBytes, keptForLargeBytes } = options;
    assert(keptForSmallBytes + keptForLargeBytes <= capacityBytes, 'what is kept fits into the whole');
    this.#options = options;
    this.#small = { mostBytes: capacityBytes - keptForLargeBytes, heldBytes: 0, waitingBytes: 0, queue: [] };
    this.#large = { mostBytes: capacityBytes - keptForSmallBytes, heldBytes: 0, waitingBytes: 0, queue: [] };
  }

  get heldBytes(): number {
    return this.#small.heldBytes + this.#large.heldBytes;
  }

  get waiting(): number {
    return this.#small.queue.length + this.#large.queue.length;
  }

  isSmall(bytes: number): boolean {
    return bytes <= this.#options.smallBytes;
  }

  isWaiting(asking: Asking): boolean {
    return this.#kindOf(asking.bytes).queue.includes(asking);
  }

  /** The most that somebody who asks for so much could ever hold. */
  mostBytesFor(bytes: number): number {
    return this.#kindOf(bytes).mostBytes;
  }

  /** What waits before somebody who would ask for so much now, and the first of those. */
  before(bytes: number): { readonly bytes: number; readonly first: Asking | undefined } {
    const { waitingBytes, queue } = this.#kindOf(bytes);
    return { bytes: waitingBytes, first: queue[0] };
  }

  /** True: it holds what it asked for. Else nothing changed. */
  tryAsk(asking: Asking): boolean {
    const kind = this.#kindOf(asking.bytes);
    const isFree = kind.queue.length === 0 && this.#fits(kind, asking);
    if (isFree) kind.heldBytes += asking.bytes;
    return isFree;
  }

  /** True: it holds what it asked for. Else it waits until it is among those who may go on. */
  ask(asking: Asking): boolean {
    const kind = this.#kindOf(asking.bytes);
    assert(asking.bytes <= kind.mostBytes, 'nobody asks for more than could ever be held');
    if (this.tryAsk(asking)) return true;
    kind.queue.push(asking);
    kind.waitingBytes += asking.bytes;
    return false;
  }

  /** Returns who may go on. */
  giveBack({ bytes }: Asking): Asking[] {
    this.#kindOf(bytes).heldBytes -= bytes;
    return this.#serve();
  }

  /** Waits no more; returns who may go on instead. */
  leave(asking: Asking): Asking[] {
    const kind = this.#kindOf(asking.bytes);
    const at = kind.queue.indexOf(asking);
    assert(at >= 0, 'only who waits can leave');
    kind.queue.splice(at, 1);
    kind.waitingBytes -= asking.bytes;
    return this.#serve();
  }

  #serve(): Asking[] {
    return [...this.#serveKind(this.#small), ...this.#serveKind(this.#large)];
  }

  #serveKind(kind: Kind): Asking[] {
    const served: Asking[] = [];
    for (let next = kind.queue[0]; next !== undefined && this.#fits(kind, next); next = kind.queue[0]) {
      kind.queue.shift();
      kind.waitingBytes -= next.bytes;
      kind.heldBytes += next.bytes;
      served.push(next);
    }
    return served;
  }

  #fits({ heldBytes, mostBytes }: Kind, { bytes }: Asking): boolean {
    return heldBytes + bytes <= mostBytes && this.heldBytes + bytes <= this.#options.capacityBytes;
  }

  #kindOf(bytes: number): Kind {
    return this.isSmall(bytes) ? this.#small : this.#large;
  }
}
