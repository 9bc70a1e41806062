/**
 * Why: long work shows how far it is and how long it will take: on one line of a terminal, every tenth part in a log,
 * and as events in lines of JSON.
 */
import type { JobProgress } from '../../admin/contract.ts';
import { type CommandContext, type ExitCode, exitCodes } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { printBytes, printCount, printDuration } from './units.ts';

export const clearLine = '\r\x1b[K';

/** Follows a job to its end; `notMet` when it failed. */
export async function followProgress(
  job: AsyncIterable<JobProgress>,
  { output, terminal }: CommandContext,
): Promise<ExitCode> {
  const show = output.lines ? (progress: JobProgress) => output.value(progress, String) : showInWords(terminal);
  let last: JobProgress | undefined;
  for await (const progress of job) {
    show(progress);
    last = progress;
  }
  return last?.state === 'done' ? exitCodes.ok : exitCodes.notMet;
}

function showInWords(terminal: Terminal): (progress: JobProgress) => void {
  let shownTenth = -1;
  return (progress) => {
    const tenth = Math.floor(partDone(progress) * 10);
    for (const { where, problem } of progress.findings ?? [])
      terminal.err(`${lineStart(terminal)}${where}: ${problem}\n`);
    if (terminal.errIsTerminal) terminal.err(`${clearLine}${describeProgress(progress)}`);
    else if (progress.state !== 'running' || tenth > shownTenth) terminal.err(`${describeProgress(progress)}\n`);
    if (terminal.errIsTerminal && progress.state !== 'running') terminal.err('\n');
    shownTenth = tenth;
  };
}

function lineStart({ errIsTerminal }: Terminal): string {
  return errIsTerminal ? clearLine : '';
}

function partDone({ done, total }: JobProgress): number {
  return total === undefined || total === 0 ? 0 : Math.min(1, done / total);
}

/** `drain of 3f..: 1,200 of 4,800 blocks, 25 %, 12 s to go`. */
export function describeProgress(progress: JobProgress): string {
  const { kind, volume, state, total, etaMs, error } = progress;
  const name = volume === undefined ? kind : `${kind} of ${volume}`;
  if (state === 'failed') return `${name} failed: ${error ?? 'no reason was given'}`;
  if (state === 'done') return `${name} done: ${amountOf(progress)}`;
  const part = total === undefined ? '' : `, ${Math.floor(partDone(progress) * 100)} %`;
  const eta = etaMs === undefined ? '' : `, ${printDuration(etaMs)} to go`;
  return `${name}: ${amountOf(progress)}${part}${eta}`;
}

/** `1,200 of 4,800 blocks`, `3.0 GiB of 5.0 GiB`. */
function amountOf({ unit, done, total }: JobProgress): string {
  const print = unit === 'bytes' ? printBytes : printCount;
  const amount = total === undefined || total === done ? print(done) : `${print(done)} of ${print(total)}`;
  return unit === 'bytes' ? amount : `${amount} ${unit}`;
}
