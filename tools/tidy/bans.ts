/**
 * Why: what a seed cannot drive, and what hides from the reader, stays out; each ban names what to use instead.
 * Default exports, barrels, `any`, `!`, enums and the like are held by Biome and by the compiler's options.
 */
import { effectfulPlaces, environmentPlaces, timePlaces } from '../layers.ts';
import { isProof, isWithin, placeOf, type Rule, type Source, type Violation } from './source.ts';

type Ban = {
  readonly uses: readonly string[];
  readonly instead: string;
  readonly allowedIn: readonly string[];
  /** In suites and benches as well. */
  readonly everywhere?: boolean;
};

const bans: readonly Ban[] = [
  { uses: ['Date.now', 'new Date()'], instead: 'Clock.wallMs() of base/clock.ts', allowedIn: timePlaces },
  { uses: ['performance.now'], instead: 'Clock.monotonicMs() of base/clock.ts', allowedIn: timePlaces },
  {
    uses: ['setTimeout()', 'setInterval()', 'setImmediate()', 'AbortSignal.timeout'],
    instead: 'Clock.sleep() or deadline() of base/clock.ts',
    allowedIn: timePlaces,
  },
  {
    uses: ['Math.random', 'crypto.randomUUID', 'crypto.getRandomValues'],
    instead: 'Random of base/random.ts, seeded in tests',
    allowedIn: timePlaces,
    everywhere: true,
  },
  { uses: ['process.env'], instead: 'an option; config/ reads the environment', allowedIn: environmentPlaces },
  {
    uses: ['new Error()', 'new Error(...)', 'new TypeError(...)', 'new RangeError(...)'],
    instead: 'CopysetError with a code of base/errors.ts',
    allowedIn: [],
  },
];

export const bannedUses: Rule = (sources) => sources.flatMap((source) => [...uses(source), ...nodeImports(source)]);

function uses(source: Source): Violation[] {
  const place = placeOf(source.path);
  if (place === undefined) return [];
  const held = bans.filter((ban) => !isWithin(place, ban.allowedIn) && (ban.everywhere || !isProof(source.path)));
  return usesOf(source).flatMap(({ use, line }) => {
    const ban = held.find((each) => each.uses.includes(use));
    return ban === undefined ? [] : [{ path: source.path, line, message: `${use}: use ${ban.instead}` }];
  });
}

/** `a.b`, `f()`, `new X()`, `new X(...)`, wherever a bare name stands at the left. */
function usesOf({ visit, lineOf }: Source): { use: string; line: number }[] {
  const found: { use: string; line: number }[] = [];
  const add = (use: string, start: number) => void found.push({ use, line: lineOf(start) });
  visit({
    MemberExpression: ({ object, property, start }) => {
      if (object.type === 'Identifier' && property.type === 'Identifier') add(`${object.name}.${property.name}`, start);
    },
    CallExpression: ({ callee, start }) => {
      if (callee.type === 'Identifier') add(`${callee.name}()`, start);
    },
    NewExpression: ({ callee, arguments: given, start }) => {
      if (callee.type === 'Identifier') add(`new ${callee.name}(${given.length === 0 ? '' : '...'})`, start);
    },
  });
  return found;
}

function nodeImports({ path, imports }: Source): Violation[] {
  const place = placeOf(path);
  if (place === undefined || isProof(path) || isWithin(place, effectfulPlaces)) return [];
  return imports
    .filter(({ specifier, typeOnly }) => specifier.startsWith('node:') && !typeOnly)
    .map(({ specifier, line }) => ({
      path,
      line,
      message: `${specifier}: take a contract (Disk, Clock, ...) by option, or add the place to tools/layers.ts`,
    }));
}

/** Work that is left for later belongs into an issue, where somebody looks for it. */
export const noLeftovers: Rule = (sources) =>
  sources.flatMap(({ path, comments, lineOf }) =>
    comments
      .filter(({ value }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(value))
      .map(({ start }) => ({ path, line: lineOf(start), message: 'a leftover: do it now, or write an issue' })),
  );

/** State of a module is shared by all who import it, and nobody can start it anew. */
export const noModuleState: Rule = (sources) =>
  sources
    .filter(({ path }) => placeOf(path) !== undefined && !isProof(path))
    .flatMap(({ path, lines }) =>
      lines.flatMap((text, at) =>
        /^(export )?(let|var) /.test(text)
          ? [{ path, line: at + 1, message: 'module state: give it an owner (a class, a closure)' }]
          : [],
      ),
    );
