/** Why: a fault that never struck proves nothing, so all that happened is counted, and what never did fails the run. */

import type { FaultSchedule } from '../../src/base/fault-schedule.ts';
import type { CollectionReport } from '../../src/object/collect/collector.ts';

/** What a tally holds, as it passes from one thread to another. */
export type Counts = {
  readonly operations: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
  readonly faults: number;
  readonly done: number;
};

export class Tally {
  readonly #operations = new Map<string, number>();
  readonly #events = new Map<string, number>();
  #faults = 0;
  #done = 0;

  operated(name: string): void {
    this.#done += 1;
    add(this.#operations, name, 1);
  }

  /** Something befell the whole machine, at a step. */
  happened(what: string, step: string, times = 1): void {
    add(this.#events, `${what} ${step}`, times);
    this.#faults += times;
  }

  /** While users write: a collection that does nothing proves nothing. */
  collected(report: CollectionReport): void {
    for (const [what, blocks] of Object.entries(report)) add(this.#operations, `collect: ${what}`, blocks);
  }

  /** Takes over what a schedule counted; faults that had a chance and never struck count zero. */
  addSchedule(where: string, { fired }: FaultSchedule): void {
    for (const [fault, times] of fired) {
      add(this.#events, `${where} ${fault}`, times);
      this.#faults += times;
    }
  }

  get counts(): Counts {
    return { operations: this.#operations, events: this.#events, faults: this.#faults, done: this.#done };
  }

  addAll(other: Counts): void {
    for (const [name, times] of other.operations) add(this.#operations, name, times);
    for (const [name, times] of other.events) add(this.#events, name, times);
    this.#faults += other.faults;
    this.#done += other.done;
  }

  get faults(): number {
    return this.#faults;
  }

  get operations(): number {
    return this.#done;
  }

  /** What could have happened and never did. */
  neverHappened(): string[] {
    return [...this.#operations, ...this.#events].filter(([, times]) => times === 0).map(([name]) => name);
  }

  lines(): string[] {
    return [...tableOf('operation', this.#operations), ...tableOf('fault at step', this.#events)];
  }
}

function add(counts: Map<string, number>, name: string, times: number): void {
  counts.set(name, (counts.get(name) ?? 0) + times);
}

function tableOf(what: string, counts: ReadonlyMap<string, number>): string[] {
  const rows = [...counts].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return rows.map(([name, times]) => `${what}  ${name.padEnd(40)} ${String(times).padStart(9)}`);
}
