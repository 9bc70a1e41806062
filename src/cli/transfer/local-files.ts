/** Why: a directory goes up as the files below it; what is no file is told, not followed: a link may lead anywhere. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CopysetError } from '../../base/errors.ts';

/** `name` is relative to the directory, with slashes, and becomes the end of a key. */
export type LocalFile = { readonly path: string; readonly name: string; readonly bytes: number };

/** In the order of names; `onSkipped` hears of links, sockets and devices. */
export async function* localFiles(
  root: string,
  onSkipped: (path: string) => void,
  below = '',
): AsyncGenerator<LocalFile> {
  for (const entry of await entriesOf(join(root, below))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    const path = join(root, name);
    if (entry.isDirectory()) yield* localFiles(root, onSkipped, name);
    else {
      const stats = await lstat(path).catch(() => undefined); // deleted a moment ago: it is no file any more
      if (stats?.isFile()) yield { path, name: checked(name, path), bytes: stats.size };
      else onSkipped(path);
    }
  }
}

async function entriesOf(directory: string) {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  } catch (cause) {
    throw new CopysetError('request.invalid', `cannot read ${directory}: ${(cause as Error).message}`, { cause });
  }
}

/** Names that are no UTF-8 were read with marks in place of what is none. */
function checked(name: string, path: string): string {
  if (name.includes('\uFFFD')) throw new CopysetError('request.invalid', `the name of ${path} is not valid UTF-8`);
  return name;
}
