/**
 * Why: tests prove something only if they fail where the program is wrong. Each list beside this file names faults that
 * somebody could make, as a change of the source, and a test that must find it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyProgram, plantIn } from '../support/planted-program.ts';

type Edit = { readonly file: string; readonly find: string; readonly replace: string };

export type PlantedFault = {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The program that lives through one seed, given as its argument; that of the simulation when left out. */
  readonly suite: string | undefined;
  /** A history of the suite that meets it. */
  readonly seed: number | undefined;
  /** The file of tests that finds it. */
  readonly expectFoundBy: string | undefined;
};

type Listed = Partial<Edit & Pick<PlantedFault, 'edits' | 'suite' | 'seed' | 'expectFoundBy'>> & {
  readonly name: string;
};

export async function readFaults(list: 'simulation' | 'journal' | 'volume' | 'wire' | 's3'): Promise<PlantedFault[]> {
  const listed: Listed[] = JSON.parse(await readFile(new URL(`${list}.json`, import.meta.url), 'utf8'));
  const withered = listed.find(({ seed, expectFoundBy }) => seed === undefined && expectFoundBy === undefined);
  if (withered !== undefined) throw new Error(`nothing is to find the fault "${withered.name}" of ${list}.json`);
  return listed.map(({ name, edits, suite, seed, expectFoundBy, ...edit }) => ({
    name,
    edits: edits ?? [edit as Edit],
    suite,
    seed,
    expectFoundBy,
  }));
}

const copied = [
  'bin',
  'src',
  'test/simulation',
  'test/support',
  'test/wire',
  'tools',
  'vitest.config.ts',
  'package.json',
];

/** Runs `work` in a copy of the project with these edits; it is gone afterwards. */
export async function withPlanted<T>(edits: readonly Edit[], work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'copyset-planted-'));
  try {
    await copyProgram(directory, copied);
    for (const { file, find, replace } of edits) await plantIn(directory, { file, original: find, planted: replace });
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
