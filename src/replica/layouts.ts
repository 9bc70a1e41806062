/**
 * Why: every block operation asks where; the answer is kept in memory and read again whenever the epoch in the catalog
 * may have moved. A stale answer is harmless: commits expect the epoch, and a read that finds nothing looks again.
 */
import type { CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import { readLayout } from '../catalog/placement.ts';
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

  async refresh(classId: number, options: CallOptions = {}): Promise<ClassLayout> {
    const stored = await readLayout(this.#kv, classId, options);
    if (stored === undefined)
      throw new CopysetError('read_only', `there is no layout for ${classId} copies; add volumes`);
    this.#known.set(classId, stored.record);
    return stored.record;
  }

  async guard(classId: number, options: CallOptions = {}): Promise<PlacementGuard> {
    const layout = await this.refresh(classId, options);
    return { classId, epoch: epochValue(layout) };
  }
}
