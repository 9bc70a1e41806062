/**
 * Why: background work has an owner: it starts, it can be woken, it waits between rounds, and stopping it waits for the
 * round that runs. A round that fails is logged and tried again after the pause; it never ends the process.
 */
import { anySignal } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError, isCopysetError } from '../../base/errors.ts';
import type { Log } from '../../observe/log.ts';

export type DutyOptions = {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly pauseMs: number;
  readonly round: (signal: AbortSignal) => Promise<void>;
};

export class Duty {
  readonly #options: DutyOptions;
  readonly #stop = new AbortController();
  #alarm = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: DutyOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Ends the pause; a round that runs is followed by another at once. */
  wake(): void {
    this.#alarm.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort(new CopysetError('closed', `${this.#options.name} is stopping`));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { name, log, round } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#alarm = new AbortController();
      try {
        await round(this.#stop.signal);
      } catch (error) {
        if (!this.#stop.signal.aborted) log.warn('a round of background work failed', { duty: name, error });
      }
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    const { clock, pauseMs } = this.#options;
    try {
      await clock.sleep(pauseMs, { signal: anySignal(this.#stop.signal, this.#alarm.signal) });
    } catch (error) {
      if (!isCopysetError(error)) throw error; // stopped or woken
    }
  }
}
