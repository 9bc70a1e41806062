/**
 * Why: options are read once, at the start, from flags, environment and file, and handed down as frozen values. Where a
 * value comes from is kept, for whoever wonders why it is what it is.
 */
import { CopysetError } from '../base/errors.ts';
import type { ConfigFile } from './file.ts';
import { flagOf, type Option, type OptionName, options, type Values, variableOf } from './options.ts';
import { nearestName } from './spelling.ts';
import { readValue } from './value.ts';

const prefix = 'COPYSET_';

export type Given = Readonly<Record<string, string | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Behind flags and environment. `defaults` replace those of the table. */
export type FurtherSources = { readonly file?: ConfigFile | undefined; readonly defaults?: Defaults | undefined };
export type Defaults = Partial<Values<OptionName>>;

/** `--listen`, `COPYSET_LISTEN`, `copyset.yaml:3`, `default`. */
export type Origins<Name extends OptionName> = { readonly [Each in Name]: string };

export type Resolved<Name extends OptionName> = { readonly values: Values<Name>; readonly origins: Origins<Name> };

/** Throws `request.invalid` with the flag, variable or line that is wrong. */
export function resolveWithOrigins<Name extends OptionName>(
  names: readonly Name[],
  given: Given,
  environment: Environment,
  further: FurtherSources = {},
): Resolved<Name> {
  const found = names.map(
    (name) => [name, resolve(name, given[name], environment[variableOf(name)], further)] as const,
  );
  const values = Object.fromEntries(found.map(([name, { value }]) => [name, value]));
  const origins = Object.fromEntries(found.map(([name, { origin }]) => [name, origin]));
  return { values: Object.freeze(values) as Values<Name>, origins: origins as Origins<Name> };
}

export function resolveOptions<Name extends OptionName>(
  names: readonly Name[],
  given: Given,
  environment: Environment,
  further: FurtherSources = {},
): Values<Name> {
  return resolveWithOrigins(names, given, environment, further).values;
}

/**
 * Refuses a variable that is none of ours and nearly one of these. Others may begin with COPYSET_ as well: clusters
 * make variables of their own for a service of that name.
 */
export function refuseMisspelt(names: readonly OptionName[], environment: Environment): void {
  const known = new Set((Object.keys(options) as OptionName[]).map(variableOf));
  const wanted = names.map((name) => variableOf(name).slice(prefix.length));
  for (const variable of Object.keys(environment)) {
    if (!variable.startsWith(prefix) || known.has(variable)) continue;
    const near = nearestName(variable.slice(prefix.length), wanted);
    if (near === undefined) continue;
    throw new CopysetError('request.invalid', `unknown variable ${variable}; did you mean ${prefix}${near}?`);
  }
}

type Found = { readonly value: unknown; readonly origin: string };

function resolve(
  name: OptionName,
  flag: string | boolean | undefined,
  variable: string | undefined,
  { file, defaults }: FurtherSources,
): Found {
  const { type, default: usual }: Option = options[name];
  const fromFile = file?.entries.get(name);
  if (typeof flag === 'boolean') return { value: flag, origin: flagOf(name) };
  if (flag !== undefined) return { value: readValue(type, flag, flagOf(name)), origin: flagOf(name) };
  if (variable !== undefined) return { value: readValue(type, variable, variableOf(name)), origin: variableOf(name) };
  if (fromFile !== undefined) return { value: fromFile.value, origin: `${file?.path}:${fromFile.line}` };
  return { value: defaults?.[name] ?? usual, origin: 'default' };
}
