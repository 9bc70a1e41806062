/** Why: when a value is not what somebody expected, they must see which of four places it came from. */
import { keyOf, type Option, type OptionName, options as table } from '../../../config/options.ts';
import { defineCommand, exitCodes } from '../../command.ts';
import { serverOptionNames, serverOptions } from '../../serving/server-options.ts';
import { serveDefaults } from '../serve.ts';

type Shown = { readonly key: string; readonly value: string | null; readonly origin?: string };

export const configShow = defineCommand({
  name: 'config show',
  text: 'show the options that `serve` would run with, checked',
  arguments: [],
  options: ['config', 'origin', 'json', ...serverOptionNames],
  inFile: serverOptionNames,
  defaults: serveDefaults,
  run: async ({ options, origins }, { output }) => {
    await serverOptions(options);
    const rows = serverOptionNames.map((name): Shown => {
      const row = { key: keyOf(name), value: textOf(name, options[name]) };
      return options.origin ? { ...row, origin: origins[name] } : row;
    });
    const columns = [
      { head: 'KEY', cell: ({ key }: Shown) => key },
      { head: 'VALUE', cell: ({ value }: Shown) => value ?? '-' },
      ...(options.origin ? [{ head: 'ORIGIN', cell: ({ origin = '' }: Shown) => origin }] : []),
    ];
    output.rows(rows, columns);
    return exitCodes.ok;
  },
});

/** A secret prints itself as `(set)`. */
function textOf(name: OptionName, value: unknown): string | null {
  return value === undefined ? null : (table[name] as Option).type.print(value);
}
