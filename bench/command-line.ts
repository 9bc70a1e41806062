/** Why: the benches read their options alike, and end alike when somebody mistakes one. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const wrongUse = 2;

/** For `parseArgs`. */
export const commonOptions = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  repeats: { type: 'string' },
  seconds: { type: 'string' },
  dir: { type: 'string', default: tmpdir() },
} as const;

export type CommonOptions = {
  /** All of the work, with little weight. */
  readonly quick: boolean;
  readonly json: boolean;
  readonly repeats: number;
  readonly cellMs: number;
  readonly dir: string;
};

type Given = {
  readonly quick: boolean;
  readonly json: boolean;
  readonly repeats?: string | undefined;
  readonly seconds?: string | undefined;
  readonly dir: string;
};

type Defaults = { readonly repeats: number; readonly seconds: number; readonly quickSeconds: number };

/** Throws where no bench can run, or not in this directory. */
export function readCommon(given: Given, defaults: Defaults): CommonOptions {
  const { quick, json, dir } = given;
  const repeats = wholeNumber('--repeats', Number(given.repeats ?? (quick ? 1 : defaults.repeats)));
  const seconds = Number(given.seconds ?? (quick ? defaults.quickSeconds : defaults.seconds));
  if (!(seconds > 0 && seconds <= 3600)) throw new Error('--seconds must be a number above 0, at most 3600');
  checkPlace(dir);
  return { quick, json, repeats, cellMs: seconds * 1000, dir };
}

/** `flag`: as it is given. */
export function wholeNumber(flag: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new Error(`${flag} must be a whole number from 1 on`);
}

/** Throws where no bench can run, or not in this directory. */
export function checkPlace(dir: string): void {
  if (!existsSync(dir)) throw new Error(`--dir names ${dir}, and there is no such directory`);
  if (process.platform !== 'linux') throw new Error('the bench reads /proc: it runs on Linux');
}

/** What `read` makes of the command line; ends the process with a line when it throws. */
export function optionsOrExit<T>(read: (args: readonly string[]) => T): T {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`);
    return process.exit(wrongUse);
  }
}
