/**
 * Why: the heart of the simulator: what happens next, in exact order. Times are seconds; ties go by the order of
 * scheduling.
 */

type Event = { readonly timeSec: number; readonly order: number; readonly happen: () => void };

/** A binary heap of events by (time, order). */
export class EventQueue {
  readonly #heap: Event[] = [];
  #nowSec = 0;
  #scheduled = 0;

  get nowSec(): number {
    return this.#nowSec;
  }

  after(delaySec: number, happen: () => void): void {
    const event = { timeSec: this.#nowSec + delaySec, order: this.#scheduled++, happen };
    let at = this.#heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, this.#heap[parent] as Event)) break;
      this.#heap[at] = this.#heap[parent] as Event;
      at = parent;
    }
    this.#heap[at] = event;
  }

  /** Runs until nothing is left, or the next event is later than `untilSec`; the clock then stands there. */
  runUntil(untilSec: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.timeSec <= untilSec; next = this.#heap[0]) {
      this.#removeFirst();
      this.#nowSec = next.timeSec;
      next.happen();
    }
    this.#nowSec = Math.max(this.#nowSec, Math.min(untilSec, Number.MAX_VALUE));
  }

  #removeFirst(): void {
    const last = this.#heap.pop() as Event;
    const size = this.#heap.length;
    if (size === 0) return;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && isBefore(this.#heap[child + 1] as Event, this.#heap[child] as Event)) child++;
      if (!isBefore(this.#heap[child] as Event, last)) break;
      this.#heap[at] = this.#heap[child] as Event;
      at = child;
    }
    this.#heap[at] = last;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.timeSec < right.timeSec || (left.timeSec === right.timeSec && left.order < right.order);
}
