/** Why: the benches read their options alike, and end alike when somebody mistakes one. */
import { existsSync } from 'node:fs';

const wrongUse = 2;

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
