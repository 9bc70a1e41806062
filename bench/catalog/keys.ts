/** Why: the keys of this bench: folders of a hundred objects, numbered, so that every place has a name. */
import { jumpingPlace } from '../jumping.ts';

export const keysPerFolder = 100;
const foldersPerPrefix = 10;
export const keysPerPrefix = keysPerFolder * foldersPerPrefix;
export const topFolder = 'data/';

export function keyAt(number: number): string {
  return `${folderAt(Math.floor(number / keysPerFolder))}${String(number % keysPerFolder).padStart(5, '0')}.bin`;
}

export function folderAt(folder: number): string {
  return `${topFolder}${String(folder).padStart(7, '0')}/`;
}

/** Of ten folders: their names but for the last digit. */
export function prefixAt(prefix: number): string {
  return folderAt(prefix * foldersPerPrefix).slice(0, -2);
}

/** Numbers below `below`, as far from one another as so many can be. */
export function anywhere(count: number, below: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => Math.floor(jumpingPlace(at) * below));
}
