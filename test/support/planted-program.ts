/**
 * Why: a test of durability proves something only if it fails where durability is missing. This is a copy of the
 * program with a fault planted in its source.
 */
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Instead of `original`, which `file` holds exactly once, it has `planted`. */
export type Plant = { readonly file: string; readonly original: string; readonly planted: string };

export const withoutFileSync: Plant = {
  file: 'src/disk/node/file.ts',
  original: 'this.#handle.datasync()',
  planted: 'Promise.resolve()',
};

export const withoutDirectorySync: Plant = {
  file: 'src/disk/node/node-disk.ts',
  original: 'await handle.sync();',
  planted: 'await Promise.resolve();',
};

const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Makes the copy in an empty directory; resolves with its root, for `launchDev`. */
export async function plantProgram(directory: string, plant: Plant): Promise<string> {
  await copyProgram(directory, ['bin', 'src', 'package.json']);
  await plantIn(directory, plant);
  return `${directory}/`;
}

/** `names`: files and folders of the project. */
export async function copyProgram(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) await cp(join(projectRoot, name), join(directory, name), { recursive: true });
  await symlink(join(projectRoot, 'node_modules'), join(directory, 'node_modules'));
}

/** Rejects when the file does not hold the original exactly once: the plant has withered and proves nothing. */
export async function plantIn(directory: string, { file, original, planted }: Plant): Promise<void> {
  const [before, after, ...others] = (await readFile(join(directory, file), 'utf8')).split(original);
  if (after === undefined || others.length > 0) throw new Error(`${file} holds not exactly one "${original}"`);
  await writeFile(join(directory, file), `${before}${planted}${after}`);
}
