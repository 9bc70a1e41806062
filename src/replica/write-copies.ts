/** Why: the shell around core/write-set.ts: one block goes to all members of its copyset at once. */
import { type CallOptions, LinkedAbort, raceAbort } from '../base/async/abort.ts';
import type { Clock } from '../base/clock.ts';
import { CopysetError, type ErrorCode, isCopysetError, toCopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import type { Copyset } from '../layout/layout.ts';
import type { SealedBlock } from '../volume/stored-form.ts';
import type { PutOptions } from '../volume/volume.ts';
import {
  countDomains,
  decideWrite,
  missingTargets,
  onWriteEvent,
  startWriteSet,
  type WriteEvent,
  type WriteRule,
  type WriteSet,
} from './core/write-set.ts';
import type { Members } from './members.ts';
import { patiently } from './patience.ts';

export type WriteContext = {
  readonly members: Members;
  readonly clock: Clock;
  /** How long a write that is durable already waits for the rest of its copyset. */
  readonly stragglerMs: number;
  readonly onFailure: (id: VolumeId, error: CopysetError) => void;
};

export type WriteRequest = CallOptions & { readonly targets: Copyset; readonly quorum: number };

/** What became of a write; `missing()` shrinks as stragglers finish. */
export type WriteOutcome = { readonly found: boolean; readonly missing: () => VolumeId[] };

/**
 * Resolves when W copies are durable; copies still under way go on. The block's memory must not change meanwhile:
 * `areFree` tells when it may, and false when a write was given up that may go on.
 */
export function writeCopies(
  context: WriteContext,
  block: SealedBlock,
  request: WriteRequest,
): { readonly outcome: Promise<WriteOutcome>; readonly areFree: Promise<boolean> } {
  let set = startWriteSet({
    targets: request.targets,
    quorum: request.quorum,
    domainOf: (id) => context.members.domainOf(id),
  });
  const { promise: decided, resolve: decide } = Promise.withResolvers<void>();
  const { promise: complete, resolve: finish } = Promise.withResolvers<void>();
  const report = (event: WriteEvent) => {
    set = onWriteEvent(set, event);
    if (decideWrite(set) !== 'pending') decide();
    if (set.durable.size + set.failures.size === request.targets.length) finish();
  };
  const mostWaiting = sufficesWithoutSuspects(context, set.rule) ? 1 : maxWaitingWhenNeeded;
  const writes = request.targets.map((id) => writeCopy(context, block, { ...request, id, mostWaiting }));
  for (const write of writes) void write.then(report);
  if (request.targets.length === 0) decide();
  const outcome = decidedInTime(context, decided, request).then(async () => {
    if (['failed', 'pending'].includes(decideWrite(set))) throw notDurable(set);
    await waitForStragglers(context, { set: () => set, complete }, request);
    return { found: set.found, missing: () => missingTargets(set) };
  });
  return { outcome, areFree: Promise.all(writes).then((events) => !events.some(wasGivenUp)) };
}

function wasGivenUp(event: WriteEvent): boolean {
  return event.kind === 'failed' && isCopysetError(event.error, 'request.aborted', 'timeout');
}

/** Resolves as well when volumes hang for too long: what they were given goes on. */
async function decidedInTime({ clock }: WriteContext, decided: Promise<void>, options: CallOptions): Promise<void> {
  try {
    await patiently(clock, options, ({ signal }) => raceAbort(decided, signal));
  } catch (error) {
    if (!isCopysetError(error, 'timeout')) throw error;
  }
}

/** Writes that may wait for a suspect whose copy is needed: it may be slow, as all are whose device is shared. */
const maxWaitingWhenNeeded = 16;

/** True when W copies can be had without waiting behind another write for a volume that may never answer. */
function sufficesWithoutSuspects({ members }: WriteContext, rule: WriteRule): boolean {
  const ready = rule.targets.filter((id) => {
    const member = members.get(id);
    return member?.volume !== undefined && !(member.suspect && member.pendingWrites > 0);
  });
  return countDomains(rule, ready) >= rule.quorum;
}

type CopyRequest = PutOptions & {
  readonly id: VolumeId;
  /** At a suspect; one more is turned away. */
  readonly mostWaiting: number;
};

async function writeCopy(context: WriteContext, block: SealedBlock, request: CopyRequest): Promise<WriteEvent> {
  const { id, mostWaiting } = request;
  const member = context.members.get(id);
  if (member?.volume === undefined)
    return { kind: 'failed', volume: id, error: new CopysetError('volume.gone', `volume ${id} is not here`) };
  if (member.suspect && member.pendingWrites >= mostWaiting)
    return { kind: 'failed', volume: id, error: new CopysetError('busy', `volume ${id} is stuck`) };
  member.pendingWrites += 1;
  try {
    const kind = await member.volume.put(block, request);
    member.suspect = false;
    return { kind, volume: id };
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.code !== 'request.aborted' && error.code !== 'disk.full') member.suspect = true;
    context.onFailure(id, error);
    return { kind: 'failed', volume: id, error };
  } finally {
    member.pendingWrites -= 1;
  }
}

type Progress = { readonly set: () => WriteSet; readonly complete: Promise<void> };

/** Made once: an error takes its stack along. */
const allAnswered = new CopysetError('request.aborted', 'all copies are written, or waited for long enough');

/** Suspects are not waited for; whoever is too slow becomes one. */
async function waitForStragglers(
  context: WriteContext,
  { set, complete }: Progress,
  options: CallOptions,
): Promise<void> {
  const pending = () => missingTargets(set()).filter((id) => !set().failures.has(id));
  if (pending().every((id) => context.members.get(id)?.suspect ?? true)) return;
  using done = new LinkedAbort(options.signal);
  const waited = context.clock.sleep(context.stragglerMs, done).then(
    () => markSuspects(context.members, pending()),
    () => undefined, // all have answered, or the caller gave up: the write is durable either way
  );
  await Promise.race([complete, waited]);
  done.abort(allAnswered);
}

function markSuspects(members: Members, ids: readonly VolumeId[]): void {
  for (const member of ids.map((id) => members.get(id))) if (member !== undefined) member.suspect = true;
}

/** When all failed for one reason it is the caller's reason too: a full disk is told as such. */
function notDurable(set: WriteSet): CopysetError {
  const errors = [...set.failures.values()];
  const codes = new Set<ErrorCode>(errors.map((error) => error.code));
  const code = codes.has('disk.full')
    ? 'disk.full'
    : codes.has('request.aborted') && codes.size === 1
      ? 'request.aborted'
      : 'write.not_durable';
  const volumes = missingTargets(set);
  const reasons = volumes.map((id) => `${id}: ${set.failures.get(id)?.message ?? 'no answer yet'}`).join('; ');
  const count = `only ${set.durable.size} of the ${set.rule.quorum} copies that must be durable could be written`;
  const message = `${count} (${reasons || 'too few volumes'})`;
  return new CopysetError(code, message, { cause: errors[0], details: { volumes } });
}
