/** Why: all calls of a disk fail in one way, and all know the lies; what is special to bytes is in faulty-file.ts. */
import { CopysetError } from '../../base/errors.ts';
import type { Fault, Faults } from '../../base/fault-schedule.ts';

export type DiskFaults = Faults & {
  /** A lie: `sync()` of a file resolves and does nothing. */
  readonly ignoreFileSync?: boolean;
  /** A lie: `syncDirectory()` resolves and does nothing. */
  readonly ignoreDirectorySync?: boolean;
};

/** What may befall any call, and one that needs space. */
export const plainFaults: readonly Fault[] = ['error', 'delay', 'hang'];
export const spaceFaults: readonly Fault[] = ['full', ...plainFaults];

/** `work` that does nothing and fails when there is a fault. */
export function orFail<T>(operation: string, work: () => Promise<T>): (fault: Fault | undefined) => Promise<T> {
  return async (fault) => {
    if (fault !== undefined) throw injected(operation, fault);
    return work();
  };
}

export function injected(operation: string, fault: Fault): CopysetError {
  return new CopysetError(fault === 'full' ? 'disk.full' : 'disk.io', `${operation}: injected fault (${fault})`);
}
