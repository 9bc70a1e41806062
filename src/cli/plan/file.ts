/** Why: what people write for the planner is YAML, or JSON; what is wrong with a file is said with its name. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CopysetError } from '../../base/errors.ts';
import type { NamedText } from '../../plan/commands/answer.ts';
import type { Terminal } from '../terminal.ts';

export function readText(path: string): Promise<string> {
  return named(path, () => readFile(path, 'utf8'));
}

/** What the file holds, by its ending JSON or YAML. */
export async function readData(path: string): Promise<unknown> {
  const text = await readText(path);
  if (path.endsWith('.json')) return named(path, async () => JSON.parse(text) as unknown);
  const { parse } = await import('yaml');
  return named(path, async () => parse(text) as unknown);
}

export async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined); // whatever is wrong with it: it is no file to be read
  return found?.isFile() === true;
}

export async function writeInto(directory: string, files: readonly NamedText[], terminal: Terminal): Promise<void> {
  for (const { name, text } of files) await writeText(join(directory, name), text, terminal);
}

export async function writeText(path: string, text: string, { err }: Terminal): Promise<void> {
  await named(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  });
  err(`wrote ${path}\n`);
}

/** The path was given on the command line: whatever fails with it is bad input. */
async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CopysetError('request.invalid', `${path}: ${reason.trimEnd()}`, { cause: error });
  }
}
