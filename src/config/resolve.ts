/** Why: options are read once, at the start, from flags and environment, and handed down as frozen values. */
import { flagOf, type Option, type OptionName, options, type Values, variableOf } from './options.ts';
import { readValue } from './value.ts';

export type Given = Readonly<Record<string, string | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `request.invalid` with the flag or variable that is wrong. */
export function resolveOptions<Name extends OptionName>(
  names: readonly Name[],
  given: Given,
  environment: Environment,
): Values<Name> {
  const values = names.map((name) => [name, resolve(name, given[name], environment[variableOf(name)])]);
  return Object.freeze(Object.fromEntries(values)) as Values<Name>;
}

function resolve(name: OptionName, flag: string | boolean | undefined, variable: string | undefined): unknown {
  const entry: Option = options[name];
  if (typeof flag === 'boolean') return flag;
  if (flag !== undefined) return readValue(entry.type, flag, flagOf(name));
  if (variable !== undefined) return readValue(entry.type, variable, variableOf(name));
  return entry.default;
}
