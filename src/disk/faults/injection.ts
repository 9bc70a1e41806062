/** Why: all calls of a disk draw, stall and fail in one way; what is special to bytes is in faulty-file.ts. */
import { type CallOptions, throwIfAborted } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Fault, FaultSchedule } from '../../base/fault-schedule.ts';
import { abandonable } from '../abandon.ts';

export type DiskFaults = {
  readonly schedule: FaultSchedule;
  readonly clock: Clock;
  /** A lie: `sync()` of a file resolves and does nothing. */
  readonly ignoreFileSync?: boolean;
  /** A lie: `syncDirectory()` resolves and does nothing. */
  readonly ignoreDirectorySync?: boolean;
};

/** What may befall any call, and one that needs space. */
export const plainFaults: readonly Fault[] = ['error', 'delay', 'hang'];
export const spaceFaults: readonly Fault[] = ['full', ...plainFaults];

export type FaultyCall = {
  readonly operation: string;
  readonly possible: readonly Fault[];
  readonly options: CallOptions | undefined;
};

/** Draws a fault, stalls here, leaves other faults to `work`. What was given up in a stall still happens after it. */
export async function withFault<T>(
  { schedule, clock }: DiskFaults,
  { operation, possible, options }: FaultyCall,
  work: (fault: Fault | undefined) => Promise<T>,
): Promise<T> {
  throwIfAborted(options?.signal);
  const fault = schedule.next(operation, possible);
  if (fault !== 'delay' && fault !== 'hang') return abandonable(() => work(fault), options);
  return abandonable(async () => {
    await schedule.stall(fault, clock);
    return work(undefined);
  }, options);
}

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
