/** Why: every driver takes the same paths: what works on the simulated disk cannot leave the root of a real one. */
import { assert } from '../base/assert.ts';
import { compareBytes, utf8 } from '../base/bytes.ts';

/** Asserts what the contract says: relative, `/` between names, no `.`, `..`, empty name or NUL; '' is the root. */
export function checkPath(path: string): void {
  if (path === '') return;
  const names = path.split('/');
  const proper = names.every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('\0'));
  assert(proper, `a path inside the disk: ${JSON.stringify(path)}`);
}

/** The names on the way from the root; none for the root itself. */
export function namesOf(path: string): string[] {
  return path === '' ? [] : path.split('/');
}

/** The directory that holds `path`, and the name in it. */
export function splitPath(path: string): { directory: string; name: string } {
  const at = path.lastIndexOf('/');
  return { directory: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}

/** The order of names in a listing: by bytes. */
export function compareNames(left: string, right: string): number {
  return compareBytes(utf8(left), utf8(right));
}
