/**
 * Why: the clock of one process is set while it runs, by hours and in both directions, and nobody else's. libfaketime
 * (github.com/wolfcw/libfaketime) answers when it asks for the time of day; its monotonic time stays the machine's.
 */
import { globSync, renameSync, writeFileSync } from 'node:fs';
import type { Missing } from '../clients/support/presence.ts';

export type FakeTime = { readonly library: string };

export const hourMs = 3_600_000;

export function findFakeTime(): FakeTime | Missing {
  const [library] = process.platform === 'linux' ? globSync('/usr/lib/*/faketime/libfaketimeMT.so.1') : [];
  return library === undefined ? { missing: 'libfaketime is not installed (Debian package faketime)' } : { library };
}

export class FakeClock {
  readonly #library: string;
  readonly #file: string;
  #aheadHours = 0;
  /** When it was set, by monotonic time. */
  readonly setAtMs: number[] = [];

  /** `file` tells the processes under it what their clock shows. */
  constructor({ library }: FakeTime, file: string) {
    this.#library = library;
    this.#file = file;
    this.#write(0);
  }

  /** The command whose arguments are the program that has this clock. */
  get under(): readonly string[] {
    return [
      'env',
      `LD_PRELOAD=${this.#library}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#file}`,
      'FAKETIME_NO_CACHE=1',
      'DONT_FAKE_MONOTONIC=1',
    ];
  }

  /** So far ahead of the machine's clock, or behind it. */
  get aheadHours(): number {
    return this.#aheadHours;
  }

  /** For clients: nothing of this process runs between the store's jump and theirs. */
  set(aheadHours: number): void {
    this.#write(aheadHours);
    this.#aheadHours = aheadHours;
    this.setAtMs.push(performance.now());
  }

  wallMs(): number {
    return Date.now() + this.#aheadHours * hourMs;
  }

  #write(aheadHours: number): void {
    writeFileSync(`${this.#file}.new`, `${aheadHours < 0 ? '' : '+'}${aheadHours}h\n`);
    renameSync(`${this.#file}.new`, this.#file); // never read by halves
  }
}
