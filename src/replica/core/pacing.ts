/**
 * Why: repair and scrub must not be felt. After each piece of work they rest in proportion to what pieces took lately
 * (as Garage's tranquilizer does): a disk that users keep busy makes pieces slow and thereby the rests long, without
 * anybody setting a rate. Pure: the shell measures and sleeps.
 */

export type PaceRule = {
  /** Rest as a multiple of the work, while users are served and while nobody is. */
  readonly restWhenBusy: number;
  readonly restWhenIdle: number;
  /** However slow a piece was: a volume that hung must not stop the work on the others for long. */
  readonly mostRestMs: number;
};

/** Pieces that the mean is taken over. */
const window = 10;

/** One for each sequence of work. */
export class Pacer {
  readonly #rule: PaceRule;
  readonly #recentMs: number[] = [];

  constructor(rule: PaceRule) {
    this.#rule = rule;
  }

  /** How long to rest after a piece of work that took `workedMs`. */
  restAfter(workedMs: number, users: { readonly areBusy: boolean }): number {
    this.#recentMs.push(workedMs);
    if (this.#recentMs.length > window) this.#recentMs.shift();
    const meanMs = this.#recentMs.reduce((sum, ms) => sum + ms, 0) / this.#recentMs.length;
    const ratio = users.areBusy ? this.#rule.restWhenBusy : this.#rule.restWhenIdle;
    return Math.min(meanMs * ratio, this.#rule.mostRestMs);
  }
}
