/**
 * Why: a bench makes ready with the network and the cores of whoever calls it, then measures in a process of its own:
 * in a private network, on the core of the servers. What could not be had is told and gone without.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { contenders } from '../contenders.ts';
import { machine } from '../machine.ts';
import { cacheFolder } from '../peers/packages.ts';
import type { Measured, MeasureJob } from './measure.ts';
import { inPrivateNetwork, pinnedTo, serverCore, whyNoPrivateNetwork } from './private-network.ts';

const program = fileURLToPath(new URL('measure.ts', import.meta.url));

export type Ready = { readonly names: readonly string[]; readonly missing: Readonly<Record<string, string>> };

/** Downloads and builds what the contenders of these names need. `isAsked`: somebody asked for them by name. */
export async function makeReady(names: readonly string[], { isAsked = false } = {}): Promise<Ready> {
  await mkdir(cacheFolder(), { recursive: true });
  const ready: string[] = [];
  const missing: Record<string, string> = {};
  for (const { name, prepare } of contenders.filter((each) => names.includes(each.name))) {
    const outcome = await prepare(isAsked);
    if ('missing' in outcome) missing[name] = outcome.missing;
    else ready.push(name);
  }
  return { names: ready, missing };
}

/** What was measured, and lines about how. Ends this process as the measuring one ended when that failed. */
export async function measured(job: MeasureJob): Promise<Measured & { readonly about: readonly string[] }> {
  const whyNot = whyNoPrivateNetwork();
  const command = [...pinnedTo([serverCore]), process.execPath, ...process.execArgv, program, JSON.stringify(job)];
  const [file = '', ...args] = whyNot === undefined ? inPrivateNetwork(command) : command;
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('SIGINT', () => undefined); // a terminal sends it to both
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
  if (code !== 0) process.exit(code ?? 1);
  const result = JSON.parse(out) as Measured;
  return { ...result, about: aboutRun(job, result, whyNot) };
}

function aboutRun(job: MeasureJob, result: Measured, whyNoNetwork: string | undefined): readonly string[] {
  const congestion = result.samples.map(({ outcome }) => outcome.congestion).find((each) => each !== '');
  const network = whyNoNetwork === undefined ? 'in a private network' : `in no private network: ${whyNoNetwork}`;
  return [
    `repeats: ${job.repeats}, cells of ${job.cellMs / 1000} s; ${machine()}`,
    `TCP congestion control: ${congestion ?? 'not known'}, ${network}`,
    result.isPinned
      ? 'servers on core 0, load on core 1'
      : 'not pinned to cores: there is no second one, or no taskset',
    result.isLoadNative ? 'load in C' : 'load in Node (no C compiler), which may be slower than a server',
    `load average before ${result.loadBefore}, after ${result.loadAfter}`,
  ];
}
