/**
 * Why: every block operation asks where; the answer is kept in memory and read again whenever the epoch in the catalog
 * may have moved. A stale answer is harmless: commits expect the epoch, and a read that finds nothing looks again.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import { readEpoch, readLayout } from '../catalog/placement.ts';
import { epochValue } from '../catalog/records/layout-entry.ts';
import type { PlacementGuard } from '../catalog/versions.ts';
import type { Kv } from '../kv/kv.ts';
import type { ClassLayout } from '../layout/layout.ts';

export class Layouts {
  readonly #kv: Kv;
  readonly #known = new Map<number, ClassLayout>();

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** As last read; reads it when it was never read. */
  async current(classId: number, options: CallOptions = {}): Promise<ClassLayout> {
    return this.#known.get(classId) ?? this.refresh(classId, options);
  }

  known(classId: number): ClassLayout | undefined {
    return this.#known.get(classId);
  }

  all(): ClassLayout[] {
    return [...this.#known.values()];
  }

  /** As the catalog has it now. The table is read only when its epoch says that it is another one. */
  async refresh(classId: number, options: CallOptions = {}): Promise<ClassLayout> {
    const epoch = await readEpoch(this.#kv, classId, options);
    const known = this.#known.get(classId);
    if (known !== undefined && epoch !== undefined && known.epoch >= epoch) return known;
    const stored = await readLayout(this.#kv, classId, options);
    if (stored === undefined)
      throw new CopysetError('read_only', `there is no layout for ${classId} copies; add volumes`);
    return this.#learn(stored.record);
  }

  /** An answer that was long on its way never replaces a newer one: who holds a guard relies on what is known here. */
  #learn(layout: ClassLayout): ClassLayout {
    const known = this.#known.get(layout.classId);
    if (known !== undefined && known.epoch >= layout.epoch) return known;
    this.#known.set(layout.classId, layout);
    return layout;
  }

  async guard(classId: number, options: CallOptions = {}): Promise<PlacementGuard> {
    const layout = await this.refresh(classId, options);
    return { classId, epoch: epochValue(layout) };
  }
}
