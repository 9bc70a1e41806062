/** Why: whoever waits at a terminal sees how far it is; logs and pipes are spared. */
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Terminal } from '../terminal.ts';
import { clearLine } from './progress.ts';
import { printCount, printDuration } from './units.ts';

const cells = 20;

/** Disposed, it leaves an empty line. */
export type ProgressBar = { show(done: number, total: number): void; [Symbol.dispose](): void };

export function progressBar({ err, errIsTerminal }: Terminal, unit: string, clock: Clock = systemClock): ProgressBar {
  if (!errIsTerminal) return { show: () => undefined, [Symbol.dispose]: () => undefined };
  const startedMs = clock.monotonicMs();
  const leftMs = (done: number, total: number) => ((clock.monotonicMs() - startedMs) * (total - done)) / done;
  return {
    show: (done, total) => {
      const left = done === 0 ? '' : `, ${printDuration(leftMs(done, total))} to go`;
      err(`${clearLine}${bar(done / total)} ${printCount(done)} of ${printCount(total)} ${unit}${left}`);
    },
    [Symbol.dispose]: () => err(clearLine),
  };
}

/** `[########------------]  40 %`. */
export function bar(part: number): string {
  const filled = Math.floor(Math.min(1, part) * cells);
  return `[${'#'.repeat(filled).padEnd(cells, '-')}] ${String(Math.floor(part * 100)).padStart(3)} %`;
}
