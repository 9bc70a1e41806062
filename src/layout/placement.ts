/**
 * Why: the table under change. It knows for every partition which volume is in which slot, and keeps the counts that
 * the steps of adjust-placement.ts decide by: what each volume holds against its share, how many members each domain
 * has, and which volumes meet how often.
 */
import type { SpreadTree } from './spread-tree.ts';

/** A slot that waits for a volume. */
export const hole = -1;

/** `into` takes the slot from the volume that is in it. */
export type Exchange = { readonly partition: number; readonly slot: number; readonly into: number };

export class Placement {
  readonly tree: SpreadTree;
  /** Partition -> volume index by slot, or `hole`. */
  readonly slots: readonly (readonly number[])[];
  readonly #slots: number[][];
  readonly #surplus: number[];
  /** Partition by group. */
  readonly #inGroup: Uint8Array;
  /** Volume by volume: partitions that hold both. */
  readonly #meetings: Uint16Array;

  constructor(tree: SpreadTree, shares: readonly number[], partitions: number) {
    this.tree = tree;
    this.#slots = Array.from({ length: partitions }, () => new Array<number>(tree.size).fill(hole));
    this.slots = this.#slots;
    this.#surplus = shares.map((share) => -share);
    this.#inGroup = new Uint8Array(partitions * tree.groups.length);
    this.#meetings = new Uint16Array(shares.length ** 2);
  }

  members(partition: number): number[] {
    return this.#slotsOf(partition).filter((volume) => volume !== hole);
  }

  holes(partition: number): number[] {
    return this.#slotsOf(partition).flatMap((volume, slot) => (volume === hole ? [slot] : []));
  }

  /** Above zero: more than its share; below: less. */
  surplus(volume: number): number {
    return this.#surplus[volume] as number;
  }

  /** Volumes with less than their share. */
  wanting(): number[] {
    return [...this.#surplus.keys()].filter((volume) => this.surplus(volume) < 0);
  }

  /** Volumes with more than their share. */
  overfull(): number[] {
    return [...this.#surplus.keys()].filter((volume) => this.surplus(volume) > 0);
  }

  /** Whether a full copyset stays one. */
  fits({ partition, slot, into }: Exchange): boolean {
    const { groups, paths } = this.tree;
    if (this.#slotsOf(partition).includes(into)) return false;
    const leaving = paths[this.#slotsOf(partition)[slot] as number] as readonly number[];
    const entering = paths[into] as readonly number[];
    for (let depth = entering.length - 1; depth > 0 && entering[depth] !== leaving[depth]; depth--) {
      const [from, to] = [leaving[depth] as number, entering[depth] as number];
      if (this.#countIn(partition, to) >= (groups[to]?.most ?? 0)) return false;
      if (this.#countIn(partition, from) <= (groups[from]?.least ?? 0)) return false;
    }
    return true;
  }

  /**
   * How bad company a volume is to others: how often they meet; narrow: how many of them it would meet for the first
   * time.
   */
  strain(others: readonly number[], volume: number, narrow: boolean): number {
    let strain = 0;
    for (const other of others) {
      const meetings = this.#meetings[volume * this.#surplus.length + other] as number;
      strain += narrow ? Number(meetings === 0) : meetings;
    }
    return strain;
  }

  /** Puts a volume, or a hole, into a slot in place of what is there. */
  set({ partition, slot, into }: Exchange): void {
    const slots = this.#slotsOf(partition);
    this.#count(partition, slots[slot] as number, -1);
    slots[slot] = hole;
    this.#count(partition, into, 1);
    slots[slot] = into;
  }

  #count(partition: number, volume: number, by: 1 | -1): void {
    if (volume === hole) return;
    this.#surplus[volume] = this.surplus(volume) + by;
    for (const group of this.tree.paths[volume] as readonly number[]) {
      this.#inGroup[partition * this.tree.groups.length + group] = this.#countIn(partition, group) + by;
    }
    for (const other of this.members(partition)) if (other !== volume) this.#meet(volume, other, by);
  }

  #countIn(partition: number, group: number): number {
    return this.#inGroup[partition * this.tree.groups.length + group] as number;
  }

  #meet(left: number, right: number, by: 1 | -1): void {
    for (const at of [left * this.#surplus.length + right, right * this.#surplus.length + left]) {
      this.#meetings[at] = (this.#meetings[at] as number) + by;
    }
  }

  #slotsOf(partition: number): number[] {
    return this.#slots[partition] as number[];
  }
}
