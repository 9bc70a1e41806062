/** Why: candidates share most of their parts; each part is computed once per search. */

/** A map that computes what it does not have. */
export class Memo<T> {
  readonly #known = new Map<string, T>();

  get(key: string, compute: () => T): T {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = compute();
    this.#known.set(key, value);
    return value;
  }
}
