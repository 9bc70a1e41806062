/**
 * Why: whether anything acknowledged is lost can be judged only by somebody outside who wrote it and kept count. This
 * is the load of several writers at a time, and the comparison of everything that they know with what the store shows.
 */

import { refusal, type S3Client, S3Refusal } from '../client.ts';
import { type LoadOptions, LoadWriter } from './writer.ts';

export type LoadReport = {
  readonly acknowledged: number;
  /** Writes that got no answer, or one that says that the store failed. */
  readonly unanswered: number;
  /** Of those, how many turned out to have happened all the same. */
  readonly appeared: number;
  /** Objects that were read back and compared. */
  readonly verified: number;
  readonly lastFailure: unknown;
};

export const loadBucket = 'load';

export class Load {
  readonly #writers: readonly LoadWriter[];

  constructor(options: LoadOptions) {
    this.#writers = Array.from({ length: options.writers }, (_, number) => new LoadWriter(loadBucket, number, options));
  }

  get report(): LoadReport {
    const sum = (pick: (writer: LoadWriter) => number) => this.#writers.reduce((total, each) => total + pick(each), 0);
    return {
      acknowledged: sum(({ acknowledged }) => acknowledged),
      unanswered: sum(({ unanswered }) => unanswered),
      appeared: sum(({ appeared }) => appeared),
      verified: sum(({ verified }) => verified),
      lastFailure: this.#writers.findLast(({ lastFailure }) => lastFailure !== undefined)?.lastFailure,
    };
  }

  /** Writes until the signal; a writer whose request fails goes on with the next. */
  async run(client: S3Client, signal: AbortSignal): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.run(client, () => signal.aborted)));
  }

  /** Writes until so many more writes were acknowledged. */
  async runFor(client: S3Client, writes: number): Promise<void> {
    const goal = this.report.acknowledged + writes;
    await Promise.all(this.#writers.map((writer) => writer.run(client, () => this.report.acknowledged >= goal)));
  }

  /** Reads everything back; what is there now must be there from now on. One sentence for each thing that is wrong. */
  async verify(client: S3Client): Promise<string[]> {
    const entries = await client.list(loadBucket).catch(refusal);
    if (entries instanceof S3Refusal) return [`the bucket cannot be listed: ${entries.message}`];
    const listed = new Map(entries.map((entry) => [entry.key, entry]));
    const known = new Set(this.#writers.flatMap((writer) => writer.keyNames));
    const strangers = [...listed.keys()].filter((key) => !known.has(key));
    const wrong = await Promise.all(this.#writers.map((writer) => writer.verify(client, listed)));
    return [...strangers.map((key) => `${key} is listed, and nobody wrote it`), ...wrong.flat()];
  }
}
