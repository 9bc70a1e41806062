/** Why: a seed that failed once is replayed by its number, given from outside, with all that happens told. */

/** `COPYSET_SEED=17`: only this one, whatever a test would do otherwise. */
export function seedsToRun(first: number, count: number): number[] {
  const only = process.env.COPYSET_SEED;
  return only === undefined ? Array.from({ length: count }, (_, index) => first + index) : [Number(only)];
}

export function isReplay(): boolean {
  return process.env.COPYSET_SEED !== undefined;
}

/** `COPYSET_TRACE=1`: a line for everything that happens. */
export function traceTo(): ((line: string) => void) | undefined {
  return process.env.COPYSET_TRACE === undefined ? undefined : (line) => void process.stdout.write(`${line}\n`);
}

export function replayWith(seed: number, file: string): string {
  return `COPYSET_SEED=${seed} COPYSET_TRACE=1 npx vitest run ${file}`;
}
