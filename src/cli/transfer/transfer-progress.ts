/** Why: whoever waits sees how much is done, how fast it goes and when it will be; programs get it in lines. */
import type { Clock } from '../../base/clock.ts';
import type { Output } from '../print/output.ts';
import { clearLine } from '../print/progress.ts';
import { bar } from '../print/progress-bar.ts';
import { printBytes, printCount, printDuration } from '../print/units.ts';
import type { Terminal } from '../terminal.ts';
import type { Outcome, Transfer } from './transfer.ts';

const showEveryMs = 100;
const lineEveryMs = 1_000;

export class TransferProgress {
  readonly #terminal: Terminal;
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #startedMs: number;
  #shownMs: number;
  #totalBytes = 0;
  #doneBytes = 0;
  #resumedBytes = 0;
  #total = 0;
  #done = 0;
  #failed = 0;

  constructor({ terminal, output }: { readonly terminal: Terminal; readonly output: Output }, clock: Clock) {
    this.#terminal = terminal;
    this.#output = output;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    this.#shownMs = this.#startedMs;
  }

  get failed(): number {
    return this.#failed;
  }

  expect({ bytes }: Transfer): void {
    this.#total += 1;
    this.#totalBytes += bytes;
  }

  advance(bytes: number): void {
    this.#doneBytes += bytes;
    this.#show();
  }

  /** An object is whole at its new place. */
  finish({ from, to }: Transfer, outcome: Outcome): void {
    this.#done += 1;
    this.#resumedBytes += outcome.resumedBytes;
    if (this.#output.lines) this.#output.value({ state: 'copied', from, to, ...outcome }, String);
  }

  fail({ from, to, bytes }: Transfer, { code, message }: { readonly code: string; readonly message: string }): void {
    this.#failed += 1;
    this.#totalBytes -= bytes;
    if (this.#output.lines) this.#output.value({ state: 'failed', from, to, error: { code, message } }, String);
    else this.note(`${from}: ${message}`);
  }

  note(text: string): void {
    this.#terminal.err(`${this.#terminal.errIsTerminal ? clearLine : ''}${text}\n`);
  }

  end(): void {
    if (this.#terminal.errIsTerminal) this.#terminal.err(clearLine);
    const ms = Math.max(1, this.#clock.monotonicMs() - this.#startedMs);
    const end = {
      state: this.#failed === 0 ? 'done' : 'failed',
      objects: this.#done,
      failed: this.#failed,
      bytes: this.#doneBytes,
      resumedBytes: this.#resumedBytes,
      ms: Math.round(ms),
    };
    const failed = this.#failed === 0 ? '' : `, ${printCount(this.#failed)} failed`;
    const words = `${printCount(this.#done)} objects, ${printBytes(this.#doneBytes)} in ${printDuration(ms)}`;
    this.#output.value(end, () => `${words} (${printBytes(this.#perSecond(ms))}/s)${failed}\n`);
  }

  /** What an earlier run did is not this run's speed. */
  #perSecond(ms: number): number {
    return (1000 * Math.max(0, this.#doneBytes - this.#resumedBytes)) / ms;
  }

  #show(): void {
    const nowMs = this.#clock.monotonicMs();
    const everyMs = this.#output.lines ? lineEveryMs : showEveryMs;
    if (nowMs - this.#shownMs < everyMs || this.#done === this.#total) return;
    this.#shownMs = nowMs;
    const perSecond = this.#perSecond(nowMs - this.#startedMs);
    const etaMs = perSecond === 0 ? undefined : (1000 * (this.#totalBytes - this.#doneBytes)) / perSecond;
    if (this.#output.lines) this.#printLine(perSecond, etaMs);
    if (this.#terminal.errIsTerminal) this.#terminal.err(clearLine + this.#describe(perSecond, etaMs));
  }

  #printLine(perSecond: number, etaMs: number | undefined): void {
    const rates = { bytesPerSecond: Math.round(perSecond), ...(etaMs && { etaMs: Math.round(etaMs) }) };
    const amounts = { bytes: this.#doneBytes, totalBytes: this.#totalBytes, objects: this.#done, total: this.#total };
    this.#output.value({ state: 'running', ...amounts, ...rates }, String);
  }

  /** `[####------]  40 %  1.2 GiB of 3.0 GiB, 210 MiB/s, 8 s to go (3 of 12 objects)`. */
  #describe(perSecond: number, etaMs: number | undefined): string {
    const part = this.#totalBytes === 0 ? 0 : Math.min(1, this.#doneBytes / this.#totalBytes);
    const amount = `${printBytes(this.#doneBytes)} of ${printBytes(this.#totalBytes)}`;
    const eta = etaMs === undefined ? '' : `, ${printDuration(etaMs)} to go`;
    const objects = `${printCount(this.#done)} of ${printCount(this.#total)} objects`;
    return `${bar(part)}  ${amount}, ${printBytes(perSecond)}/s${eta} (${objects})`;
  }
}
