/**
 * Why: what is under way is done in (under way) / (done a second), by Little's law. When that is more than a request
 * may take of our own time, the next is refused before anything was done for it: the work that is done stays as much as
 * it was, and nobody waits for nothing. Time in which a client is waited for, or memory, is no work.
 */

export type WorkOptions = {
  /** So many may be under way however slow they are: before that, nothing is known of what could be done. */
  readonly leastUnderWay: number;
  readonly maxWorkMs: number;
};

/** One request; `rest` and `goOn` in turn. */
export type Work = {
  /** Others are waited for. */
  rest(): void;
  goOn(): void;
  end(nowMs: number): void;
};

const windowMs = 250;
/** A best that is not reached again is believed less with each window. */
const fading = 0.9;

export class WorkUnderWay {
  readonly #options: WorkOptions;
  #underWay = 0;
  #done = 0;
  #windowSinceMs = 0;
  #bestPerMs = 0;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Undefined when it is better not begun. `waiting`: how many of those under way wait for something else. */
  begin(nowMs: number, waiting: number): Work | undefined {
    this.#look(nowMs);
    const { leastUnderWay, maxWorkMs } = this.#options;
    const most = Math.max(leastUnderWay, this.#bestPerMs * maxWorkMs);
    if (this.#underWay - waiting >= most) return undefined;
    this.#underWay += 1;
    return this.#work();
  }

  #work(): Work {
    let counts = 1;
    const change = (to: number) => {
      this.#underWay += to - counts;
      counts = to;
    };
    return {
      rest: () => change(0),
      goOn: () => change(1),
      end: (nowMs) => {
        change(0);
        this.#look(nowMs);
        this.#done += 1;
      },
    };
  }

  #look(nowMs: number): void {
    const elapsedMs = nowMs - this.#windowSinceMs;
    if (elapsedMs < windowMs) return;
    this.#bestPerMs = Math.max(this.#done / elapsedMs, this.#bestPerMs * fading);
    this.#done = 0;
    this.#windowSinceMs = nowMs;
  }
}
