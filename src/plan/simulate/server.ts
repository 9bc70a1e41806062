/** Why: a disk serves a few blocks at once and queues the rest, first come, first served. */
import type { EventQueue } from './events.ts';

export class Server {
  readonly #events: EventQueue;
  readonly #slots: number;
  readonly #waiting: { readonly serviceSec: number; readonly done: () => void }[] = [];
  #busy = 0;
  /** Of those that still wait. */
  #first = 0;

  constructor(events: EventQueue, slots: number) {
    this.#events = events;
    this.#slots = slots;
  }

  /** `done` happens when the service has ended, the wait for a slot included. */
  serve(serviceSec: number, done: () => void): void {
    if (this.#busy < this.#slots) this.#start(serviceSec, done);
    else this.#waiting.push({ serviceSec, done });
  }

  #start(serviceSec: number, done: () => void): void {
    this.#busy += 1;
    this.#events.after(serviceSec, () => {
      this.#busy -= 1;
      this.#startNext();
      done();
    });
  }

  #startNext(): void {
    const next = this.#waiting[this.#first];
    if (next === undefined) return;
    this.#first += 1;
    if (this.#first === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#first = 0;
    }
    this.#start(next.serviceSec, next.done);
  }
}
