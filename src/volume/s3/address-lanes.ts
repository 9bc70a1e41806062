/** Why: what is said of one address happens in that order; different addresses do not wait for each other. */

export class AddressLanes {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Begins when all earlier work in this lane has settled. */
  run<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(lane) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#last.set(lane, done);
    const leave = () => {
      if (this.#last.get(lane) === done) this.#last.delete(lane);
    };
    done.then(leave, leave);
    return done;
  }
}
