/** Why: a store begins with so many volumes below its directory, or with those that somebody lists. */
import { domain, integer, path, type ValueType } from './value.ts';

/** A directory on a disk of its own; weight and domain as of `volume add`. */
export type VolumePlace = { readonly path: string; readonly weight?: number; readonly domain?: string };

/** A number: directories `volumes/v1`, `v2`, ... below the data directory. */
export type FirstVolumes = number | readonly VolumePlace[];

const count = integer(1, 64);
const weight = integer(1, 1_000_000);
const most = 64;

export const firstVolumes: ValueType<FirstVolumes> = {
  form: '1..64|PATH,...',
  read: (text) => count.read(text) ?? readPaths(text),
  print: (value) => (typeof value === 'number' ? String(value) : value.map(printPlace).join()),
  rows: {
    main: 'path',
    fields: { path: { ...path, form: 'an absolute path', read: absolute }, weight, domain },
    of: (rows) => checked(rows as readonly VolumePlace[]),
  },
};

function readPaths(text: string): readonly VolumePlace[] | undefined {
  const paths = text.split(',').map(absolute);
  return paths.every((each) => each !== undefined) ? checked(paths.map((each) => ({ path: each }))) : undefined;
}

function absolute(text: string): string | undefined {
  return text.startsWith('/') ? path.read(text) : undefined;
}

/** One directory is one volume. */
function checked(places: readonly VolumePlace[]): readonly VolumePlace[] | undefined {
  const paths = new Set(places.map((place) => place.path.replace(/\/+$/, '')));
  const isWhole = places.every((place) => place.path !== undefined);
  return isWhole && places.length > 0 && places.length <= most && paths.size === places.length ? places : undefined;
}

function printPlace(place: VolumePlace): string {
  const notes = [place.weight === undefined ? '' : `weight ${place.weight}`, place.domain ?? ''].filter(Boolean);
  return notes.length === 0 ? place.path : `${place.path} (${notes.join(', ')})`;
}
