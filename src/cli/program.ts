/** Why: the commands of the table become a program: parsing, help, suggestions and exit codes in one place. */
import { CommanderError, Option, Command as Parser } from 'commander';
import { connectAdmin } from '../admin/client.ts';
import {
  defaultText,
  flagOf,
  hasFlag,
  type Option as OptionEntry,
  type OptionName,
  options,
  variableOf,
} from '../config/options.ts';
import { type Given, type Resolved, refuseMisspelt, resolveOptions, resolveWithOrigins } from '../config/resolve.ts';
import { version } from '../server/version.ts';
import { type Command, type ExitCode, exitCodes } from './command.ts';
import { bucketCreate } from './commands/bucket/create.ts';
import { bucketLs } from './commands/bucket/ls.ts';
import { bucketRm } from './commands/bucket/rm.ts';
import { bucketSet } from './commands/bucket/set.ts';
import { catalogRebuild } from './commands/catalog/rebuild.ts';
import { catalogVerify } from './commands/catalog/verify.ts';
import { configShow } from './commands/config/show.ts';
import { dev } from './commands/dev.ts';
import { follow } from './commands/follow.ts';
import { objectLocations } from './commands/object/locations.ts';
import { objectVerify } from './commands/object/verify.ts';
import { planCalibrate } from './commands/plan/calibrate.ts';
import { planDiff } from './commands/plan/diff.ts';
import { planDoc } from './commands/plan/doc.ts';
import { planEvaluate } from './commands/plan/evaluate.ts';
import { planExplain } from './commands/plan/explain.ts';
import { planForecast } from './commands/plan/forecast.ts';
import { planSearch } from './commands/plan/search.ts';
import { planSensitivity } from './commands/plan/sensitivity.ts';
import { planSimulate } from './commands/plan/simulate.ts';
import { planVerify } from './commands/plan/verify.ts';
import { cat } from './commands/s3/cat.ts';
import { cp } from './commands/s3/cp.ts';
import { du } from './commands/s3/du.ts';
import { ls } from './commands/s3/ls.ts';
import { mv } from './commands/s3/mv.ts';
import { rm } from './commands/s3/rm.ts';
import { scrub } from './commands/scrub.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { volumeAdd } from './commands/volume/add.ts';
import { volumeDrain } from './commands/volume/drain.ts';
import { volumeHeal } from './commands/volume/heal.ts';
import { volumeLs } from './commands/volume/ls.ts';
import { volumeRetire } from './commands/volume/retire.ts';
import { createOutput } from './print/output.ts';
import { reportError } from './report-error.ts';
import type { Terminal } from './terminal.ts';

export const commands: readonly Command[] = [
  dev,
  serve,
  configShow,
  status,
  bucketCreate,
  bucketLs,
  bucketSet,
  bucketRm,
  ls,
  cp,
  mv,
  cat,
  rm,
  du,
  volumeLs,
  volumeAdd,
  volumeDrain,
  volumeRetire,
  volumeHeal,
  objectLocations,
  objectVerify,
  scrub,
  follow,
  catalogVerify,
  catalogRebuild,
  planSearch,
  planEvaluate,
  planExplain,
  planSensitivity,
  planSimulate,
  planDoc,
  planDiff,
  planCalibrate,
  planForecast,
  planVerify,
];

const groupTexts: Readonly<Record<string, string>> = {
  config: 'see the options that `serve` would run with',
  bucket: 'make buckets and say what holds for what is written into them',
  volume: 'look after the places that hold blocks',
  object: 'see and verify the copies of an object',
  catalog: 'verify and rebuild the metadata',
  plan: 'find and judge designs: copies, quorums, block size, cache; nothing is changed',
};

/** Runs one command line, without `node` and the script; resolves with the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = parserOf(terminal, async (command, given, positional) => {
    exitCode = await runCommand(command, { given, positional }, terminal);
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput; // commander has printed its message
  }
}

type Line = { readonly given: Given; readonly positional: readonly string[] };

async function runCommand(command: Command, { given, positional }: Line, terminal: Terminal): Promise<ExitCode> {
  try {
    const { values, origins } = await optionsOf(command, given, terminal);
    const output = createOutput(terminal, values.json);
    const call = { args: positional, options: values, origins };
    return await command.run(call, { terminal, output, connect: connectAdmin });
  } catch (error) {
    return reportError(error, terminal, given.json === true);
  }
}

async function optionsOf(
  { options: names, inFile, defaults }: Command,
  given: Given,
  { environment }: Terminal,
): Promise<Resolved<OptionName>> {
  if (inFile !== undefined) refuseMisspelt(inFile, environment);
  const path = inFile === undefined ? undefined : resolveOptions(['config'], given, environment).config;
  if (inFile === undefined || path === undefined) return resolveWithOrigins(names, given, environment, { defaults });
  const { readConfigFile } = await import('../config/file.ts');
  const file = await readConfigFile(path, inFile);
  return resolveWithOrigins(names, given, environment, { defaults, file });
}

type Action = (command: Command, given: Given, positional: readonly string[]) => Promise<void>;

function parserOf(terminal: Terminal, action: Action): Parser {
  const program = withManners(new Parser('copyset').version(version), terminal)
    .description('Keeps objects in M verified copies on M disks, behind one S3 endpoint.')
    .helpCommand(false);
  const groups = new Map<string, Parser>();
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    const parent = second === undefined ? program : groupOf(first, groups, program);
    addCommand(withManners(parent.command(second ?? first), terminal), command, action);
  }
  return program;
}

function groupOf(name: string, groups: Map<string, Parser>, program: Parser): Parser {
  const group =
    groups.get(name) ??
    program
      .command(name)
      .description(groupTexts[name] ?? '')
      .helpCommand(false);
  groups.set(name, group);
  return group;
}

function withManners(parser: Parser, { out, err }: Terminal): Parser {
  return parser.exitOverride().configureOutput({ writeOut: out, writeErr: err }).showHelpAfterError('(see --help)');
}

function addCommand(parser: Parser, command: Command, action: Action): void {
  parser.description(command.text);
  for (const { name, text, optional } of command.arguments) parser.argument(optional ? `[${name}]` : `<${name}>`, text);
  const attributes = command.options.filter(hasFlag).map((name) => {
    const option = new Option(`${shortOf(name)}${flagOf(name)} ${formOf(name)}`.trim(), helpOf(name, command));
    if ((options[name] as OptionEntry).type.repeats) option.argParser(joined);
    parser.addOption(option);
    return [name, option.attributeName()] as const;
  });
  parser.action(async () => {
    const parsed = parser.opts<Given>();
    const given = Object.fromEntries(attributes.map(([name, attribute]) => [name, parsed[attribute]]));
    await action(command, given, parser.args);
  });
}

/** What a repeated flag has said so far, and now. */
function joined(text: string, before: string | undefined): string {
  return before === undefined ? text : `${before},${text}`;
}

function shortOf(name: OptionName): string {
  const { short }: OptionEntry = options[name];
  return short === undefined ? '' : `-${short}, `;
}

function formOf(name: OptionName): string {
  const { form } = options[name].type;
  return form === '' ? '' : `<${form}>`;
}

function helpOf(name: OptionName, { defaults }: Command): string {
  const fallback = defaultText(name, defaults?.[name]);
  const notes = [...(fallback === '' ? [] : [`default ${fallback}`]), `env ${variableOf(name)}`];
  return `${options[name].text} (${notes.join(', ')})`;
}
