/** Why: who may import whom is the architecture (tools/layers.ts); an import against it is found at once. */
import { driverFolders, type Room, rooms } from '../layers.ts';
import { isProof, isWithin, placeOf, type Rule, type Source, type Violation } from './source.ts';

const table: Readonly<Record<string, Room>> = rooms;

/** Rooms that may pick drivers. */
const compositionRoots = ['server'];

export const layering: Rule = (sources) => sources.filter((source) => !isProof(source.path)).flatMap(checkImports);

function checkImports(source: Source): Violation[] {
  const from = placeOf(source.path);
  if (from === undefined) return [];
  const room = roomOf(from);
  if (table[room] === undefined) return [violation(source, 1, `"${room}" is no room of tools/layers.ts`)];
  return source.imports.flatMap(({ file, line }) => {
    const problem = file === undefined ? undefined : problemOf(from, file);
    return problem === undefined ? [] : [violation(source, line, problem)];
  });
}

function problemOf(from: string, file: string): string | undefined {
  const to = placeOf(file);
  if (to === undefined) return `product code may not import ${file}`;
  const room = roomOf(from);
  const driver = driverFolders.find((folder) => isWithin(to, [folder]));
  if (driver !== undefined && !isWithin(from, [driver]) && !compositionRoots.includes(room)) {
    return `${driver} is a driver: only server/ and tests import it; take the contract of ${roomOf(to)}/ instead`;
  }
  const allowed = table[room]?.imports ?? [];
  if (isAllowed(room, roomOf(to), allowed)) return undefined;
  return `${room} may not import ${roomOf(to)}; it may import: ${['base', ...allowed].join(', ')}`;
}

function isAllowed(room: string, target: string, allowed: readonly string[]): boolean {
  return target === room || target === 'base' || allowed.includes('*') || allowed.includes(target);
}

function roomOf(place: string): string {
  return place.split('/')[0] ?? '';
}

function violation({ path }: Source, line: number, message: string): Violation {
  return { path, line, message };
}
