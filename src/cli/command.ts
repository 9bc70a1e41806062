/** Why: a command is data (name, arguments, options, text) and one function, so that help and tests follow from it. */
import type { AdminService } from '../admin/contract.ts';
import type { OptionName, Values } from '../config/options.ts';
import type { Defaults, Origins } from '../config/resolve.ts';
import type { Output } from './print/output.ts';
import type { Terminal } from './terminal.ts';

/** Scripts decide by these. `notMet`: the store cannot do it now, or what was asked about does not hold. */
export const exitCodes = { ok: 0, failed: 1, badInput: 2, notMet: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type CommandContext = {
  readonly terminal: Terminal;
  readonly output: Output;
  /** The store of a data directory, as it is served now. */
  readonly connect: (directory: string) => AdminService;
};

export type Call<Name extends OptionName> = {
  readonly args: readonly string[];
  readonly options: Values<Name>;
  readonly origins: Origins<Name>;
};

export type Command<Name extends OptionName = OptionName> = {
  /** `volume drain`. */
  readonly name: string;
  readonly text: string;
  readonly arguments: readonly { readonly name: string; readonly text: string; readonly optional?: boolean }[];
  readonly options: readonly Name[];
  /** The options that a file (`--config`) may give as well. */
  readonly inFile?: readonly Name[];
  /** Instead of those of the table. */
  readonly defaults?: Defaults;
  run(call: Call<Name>, context: CommandContext): Promise<ExitCode>;
};

/** Keeps the names of the options, for the types of their values. */
export function defineCommand<const Name extends OptionName>(command: Command<Name>): Command<Name> {
  return command;
}
