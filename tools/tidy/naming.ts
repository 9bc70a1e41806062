/** Why: a reader finds a concept by its folder and file name, and learns from the head why the file exists. */
import { posix } from 'node:path';
import { isProof, type Rule, type Source } from './source.ts';

/** The first comment of every file starts with the reason of the file. */
export const fileHeads: Rule = (sources) =>
  sources
    .filter(({ path }) => !isProof(path))
    .filter(({ comments }) => !/^\*\s*(\* )?Why: /.test(comments[0]?.value ?? ''))
    .map(({ path }) => ({ path, line: 1, message: 'the file head is missing: /** Why: ... */' }));

const crowd = 3;

/** Three files that share a prefix are a folder. */
export const prefixFolders: Rule = (sources) =>
  Object.entries(Object.groupBy(sources.filter(hasPrefix), prefixOf)).flatMap(([prefix, files = []]) => {
    const concepts = new Set(files.map(({ path }) => conceptOf(path)));
    const path = files[0]?.path ?? prefix;
    return concepts.size < crowd
      ? []
      : [{ path, line: 1, message: `${concepts.size} files "${prefix}-*": make a folder` }];
  });

function conceptOf(path: string): string {
  return posix.basename(path).split('.')[0] ?? '';
}

function hasPrefix({ path }: Source): boolean {
  return conceptOf(path).includes('-');
}

function prefixOf({ path }: Source): string {
  return posix.join(posix.dirname(path), conceptOf(path).split('-')[0] ?? '');
}
