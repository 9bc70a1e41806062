/** Why: the house rules that no other tool holds, as one check: `npm run tidy`. */
import { glob, readFile } from 'node:fs/promises';
import { root } from '../process.ts';
import { bannedUses, noLeftovers, noModuleState } from './bans.ts';
import { layering } from './layering.ts';
import { fileHeads, prefixFolders } from './naming.ts';
import { sizes } from './sizes.ts';
import { parseSource, type Rule, type Source, type Violation } from './source.ts';

const rules: readonly Rule[] = [layering, sizes, bannedUses, noLeftovers, noModuleState, fileHeads, prefixFolders];

/** Everything of ours but what a generator wrote. */
export async function readTree(): Promise<Source[]> {
  const sources: Source[] = [];
  for await (const path of glob('{src,tools,test,bench}/**/*.ts', { cwd: root })) {
    if (!path.includes('/generated/')) sources.push(parseSource(path, await readFile(root + path, 'utf8')));
  }
  return sources.sort((left, right) => (left.path < right.path ? -1 : 1));
}

export function findViolations(sources: readonly Source[]): Violation[] {
  return rules.flatMap((rule) => rule(sources));
}

if (import.meta.main) {
  const violations = findViolations(await readTree());
  for (const { path, line, message } of violations) console.error(`${path}:${line} ${message}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
