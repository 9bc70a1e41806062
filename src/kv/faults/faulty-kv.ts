/**
 * Why: what a store does on a bad day (fail, hang, have no room, lose the answer to a commit) must meet the shipping
 * code in a test. Operations are named as the methods of `Kv` and `StagingKv`, and `accept` for the end of a staged
 * batch. A commit that loses its answer has two faults: with `unknown` it happened, with `torn` it did not.
 */
import { type CallOptions, raceAbort, throwIfAborted } from '../../base/async/abort.ts';
import type { Clock } from '../../base/clock.ts';
import { CopysetError } from '../../base/errors.ts';
import type { Fault, FaultSchedule } from '../../base/fault-schedule.ts';
import type { Kv } from '../kv.ts';
import type { StagedBatch, StagingKv } from '../staging.ts';

export type KvFaults = { readonly schedule: FaultSchedule; readonly clock: Clock };

/** A call that can go wrong, and all that it can do. */
type Call = {
  readonly operation: string;
  readonly possible: readonly Fault[];
  readonly options?: CallOptions | undefined;
};

const plain: readonly Fault[] = ['error', 'delay', 'hang'];
const growing: readonly Fault[] = [...plain, 'full'];

export function withKvFaults(kv: Kv, faults: KvFaults): Kv {
  const call = caller(faults, plain);
  const commit = caller(faults, [...growing, 'unknown', 'torn']);
  return {
    limits: kv.limits,
    get: (key, options) => call('get', () => kv.get(key), options),
    range: (query, options) => call('range', () => kv.range(query), options),
    commit: (asked, options) => commit('commit', () => kv.commit(asked), options),
    changes: (after, limit, options) => call('changes', () => kv.changes(after, limit), options),
    changed: (after, options) => call('changed', () => kv.changed(after, options), options),
    trim: (upTo, options) => call('trim', () => kv.trim(upTo), options),
    status: (options) => call('status', () => kv.status(), options),
    close: () => kv.close(),
  };
}

export function withStagingKvFaults(kv: StagingKv, faults: KvFaults): StagingKv {
  const call = caller(faults, plain);
  const grow = caller(faults, growing);
  const stage: StagingKv['stage'] = async (commits, options) => faultyBatch(await kv.stage(commits, options), faults);
  return {
    ...withKvFaults(kv, faults),
    get isFull() {
      return kv.isFull;
    },
    stage: (commits, options) => grow('stage', () => stage(commits, options), options),
    apply: (changes, options) => grow('apply', () => kv.apply(changes), options),
    snapshot: (options) => call('snapshot', () => kv.snapshot(), options),
    restore: (snapshot, options) => grow('restore', () => kv.restore(snapshot), options),
  };
}

/** An `accept` without room leaves nothing: the batch is discarded below. */
function faultyBatch(batch: StagedBatch, faults: KvFaults): StagedBatch {
  const accept = () =>
    withFault(faults, { operation: 'accept', possible: ['full', 'delay', 'hang'] }, async (fault) => {
      if (fault === undefined) return batch.accept();
      await batch.discard();
      throw injected('accept', fault);
    });
  return { results: batch.results, changes: batch.changes, accept, discard: () => batch.discard() };
}

function caller(faults: KvFaults, possible: readonly Fault[]) {
  return <T>(operation: string, work: () => Promise<T>, options?: CallOptions): Promise<T> =>
    withFault(faults, { operation, possible, options }, async (fault) => {
      if (fault === undefined) return work();
      if (fault === 'unknown') await work();
      throw injected(operation, fault);
    });
}

/**
 * Draws a fault, stalls here, and leaves all other faults to `work`. What was given up in a stall still happens after
 * it.
 */
async function withFault<T>(
  { schedule, clock }: KvFaults,
  { operation, possible, options }: Call,
  work: (fault: Fault | undefined) => Promise<T>,
): Promise<T> {
  throwIfAborted(options?.signal);
  const fault = schedule.next(operation, possible);
  if (fault !== 'delay' && fault !== 'hang') return raceAbort(work(fault), options?.signal);
  return raceAbort(
    schedule.stall(fault, clock).then(() => work(undefined)),
    options?.signal,
  );
}

function injected(operation: string, fault: Fault): CopysetError {
  if (fault === 'full') return new CopysetError('disk.full', `${operation}: injected fault (full)`);
  const lost = fault === 'unknown' || fault === 'torn';
  return new CopysetError(lost ? 'kv.unknown_outcome' : 'kv.unreachable', `${operation}: injected fault (${fault})`);
}
