/**
 * Why: how Copyset stands beside other stores on the same work: `npm run bench:peers -- [--quick] [--json] [--repeats
 * N] [--seconds S] [--only NAME,...] [--dir PATH]`. This program builds the peers, then hands over to measure.ts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkPlace, optionsOrExit, wholeNumber } from '../command-line.ts';
import { machine } from '../machine.ts';
import { contenders } from './contenders.ts';
import type { MeasureJob } from './measure.ts';
import { cacheFolder } from './packages.ts';
import { inPrivateNetwork, pinnedTo } from './private-network.ts';

const serverCore = 0;
const measureProgram = fileURLToPath(new URL('measure.ts', import.meta.url));

type Options = Pick<MeasureJob, 'quick' | 'json' | 'repeats' | 'cellMs' | 'dir'> & {
  readonly only: readonly string[] | undefined;
};

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      dir: { type: 'string', default: tmpdir() },
    },
  });
  const { quick, json, dir } = values;
  const repeats = wholeNumber('--repeats', Number(values.repeats ?? (quick ? 1 : 3)));
  const seconds = Number(values.seconds ?? (quick ? 0.2 : 3));
  const only = values.only?.split(',');
  const unknown = only?.find((name) => contenders.every((each) => each.name !== name));
  const known = contenders.map(({ name }) => name).join(', ');
  if (!(seconds > 0 && seconds <= 3600)) throw new Error('--seconds must be a number above 0, at most 3600');
  if (unknown !== undefined) throw new Error(`--only names "${unknown}"; there are: ${known}`);
  checkPlace(dir);
  return { quick, json, repeats, cellMs: seconds * 1000, only, dir };
}

async function prepared(only: Options['only']): Promise<Pick<MeasureJob, 'names' | 'missing'>> {
  const names: string[] = [];
  const missing: string[] = [];
  for (const { name, prepare } of contenders.filter((each) => only?.includes(each.name) ?? true)) {
    const outcome = await prepare(only !== undefined);
    if ('missing' in outcome) missing.push(`without ${name}: ${outcome.missing}`);
    else names.push(name);
  }
  return { names, missing };
}

/** Resolves with the exit code of the measuring process, which ends as this one is told to. */
async function measured(job: MeasureJob): Promise<number> {
  const program = [process.execPath, ...process.execArgv, measureProgram, JSON.stringify(job)];
  const [command = '', ...args] = inPrivateNetwork([...pinnedTo(serverCore), ...program]);
  const child = spawn(command, args, { stdio: 'inherit' });
  process.on('SIGINT', () => undefined); // a terminal sends it to both
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const { only, ...options } = optionsOrExit(readOptions);
await mkdir(cacheFolder(), { recursive: true });
process.exitCode = await measured({ ...options, ...(await prepared(only)), machine: machine() });
