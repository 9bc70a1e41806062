/** Why: what a process of bare work is told, and what it tells. */
export type WorkJob =
  /** Fails where the disk cannot write directly. */
  | { readonly what: 'probe'; readonly path: string }
  | {
      readonly what: 'write';
      readonly path: string;
      /** Of an object; what is larger than a block is written in blocks. */
      readonly bytes: number;
      /** Writes under way at once. */
      readonly depth: number;
      readonly milliseconds: number;
    }
  | { readonly what: 'name'; readonly bytes: number; readonly milliseconds: number };

/** What was done between the start of the clock and its end. */
export type Done = {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of each piece. */
  readonly tookMs: readonly number[];
};

export const blockBytes = 8 * 2 ** 20;
