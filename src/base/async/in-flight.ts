/** Why: whoever owns a resource lets go of it only when the work on it has settled, the work that was given up too. */

export class InFlight {
  readonly #works = new Set<Promise<unknown>>();

  /** Settles as the work does. */
  async track<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    try {
      return await work;
    } finally {
      this.#works.delete(work);
    }
  }

  /** Resolves when all work that is under way now has settled, well or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#works);
  }
}
