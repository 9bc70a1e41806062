/**
 * Why: the shell around core/read-race.ts: a read asks the best holder, hedges, verifies, and tells whoever repairs of
 * each bad copy that it met.
 */
import { type CallOptions, LinkedAbort, raceAbort } from '../base/async/abort.ts';
import type { BlockAddress } from '../base/block-address.ts';
import { type Clock, deadline } from '../base/clock.ts';
import { CopysetError, toCopysetError } from '../base/errors.ts';
import type { VolumeId } from '../base/ids.ts';
import type { Random } from '../base/random.ts';
import type { Copyset } from '../layout/layout.ts';
import { readBlockChunks, readBlockRange, readWholeBlock } from '../volume/read-block.ts';
import type { ResidentReader } from '../volume/resident-reader.ts';
import type { Volume } from '../volume/volume.ts';
import type { ByteRange } from './block-store.ts';
import {
  type Candidate,
  onReadEvent,
  orderCandidates,
  type ReadEffect,
  type ReadEvent,
  startReadRace,
} from './core/read-race.ts';
import type { Member, Members } from './members.ts';
import { patienceMs } from './patience.ts';
import { placeMarker } from './place-marker.ts';
import type { VerifiedPlaces } from './verified-places.ts';

export type ReadContext = {
  readonly members: Members;
  readonly clock: Clock;
  readonly random: Random;
  readonly hedge: { readonly leastMs: number; readonly mostMs: number };
  readonly verified: VerifiedPlaces;
  readonly resident: ResidentReader;
  /** A copy that is damaged or missing where the layout says it lies. */
  readonly onBadCopy: (id: VolumeId, address: BlockAddress, error: CopysetError) => void;
  readonly onFailure: (id: VolumeId, error: CopysetError) => void;
};

export type ReadRequest = CallOptions & {
  readonly holders: Copyset;
  /** Those of the holders that may have a copy, though nobody says so. */
  readonly lastResort?: Copyset;
  readonly range?: ByteRange | undefined;
  /** Verify a whole block by its name, not by its checksums alone: other copies are made of it. */
  readonly byName?: boolean;
  /** Where a missing copy is a finding; elsewhere (a move, a search) it is expected. */
  readonly owedOn?: Copyset;
};

/** Made once: an error takes its stack along, and every race ends. */
const raceIsOver = new CopysetError('request.aborted', 'another copy was read');

/** Verified bytes from the first holder that gives them; `block.unavailable` when none can. */
export async function readCopies(
  context: ReadContext,
  address: BlockAddress,
  request: ReadRequest,
): Promise<Uint8Array> {
  using limit = deadline(context.clock, patienceMs, `reading block ${address.name}`, request);
  using won = new LinkedAbort(limit.signal);
  const { signal } = won;
  const failures = new Map<VolumeId, CopysetError>();
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  let race = startReadRace(orderCandidates(candidatesFrom(context, request), context.random));
  const happen = (event: ReadEvent) => {
    if (signal.aborted) return;
    const step = onReadEvent(race, event);
    race = step.race;
    step.effects.forEach(perform);
  };
  const perform = (effect: ReadEffect) => {
    if (effect.kind === 'give-up') reject(unavailable(address, request.holders, failures));
    else if (effect.kind === 'arm-hedge')
      armHedge(context, effect.after, signal).then(
        (due) => due && happen({ kind: 'hedge-due', after: effect.after }),
        reject,
      );
    else
      askCopy(context, address, { ...request, signal, id: effect.volume }).then(resolve, (error: CopysetError) => {
        failures.set(effect.volume, error);
        happen({ kind: 'failed', volume: effect.volume });
      });
  };
  try {
    happen({ kind: 'begin' });
    return await raceAbort(promise, limit.signal);
  } finally {
    won.abort(raceIsOver);
  }
}

function candidatesFrom({ members, clock }: ReadContext, { holders, lastResort = [] }: ReadRequest): Candidate[] {
  return holders
    .map((id) => members.get(id))
    .filter((member): member is Member => member?.volume !== undefined)
    .map(({ entry, suspect, inFlight, latency }) => ({
      volume: entry.id,
      isLastResort: lastResort.includes(entry.id),
      suspect,
      inFlight,
      latencyMs: latency.expectedMs(clock.monotonicMs()),
    }));
}

/** True when the delay passed; false when the race was over before. */
async function armHedge(context: ReadContext, volume: VolumeId, signal: AbortSignal): Promise<boolean> {
  const { leastMs, mostMs } = context.hedge;
  const p95Ms = context.members.get(volume)?.latency.p95Ms ?? mostMs;
  return context.clock.sleep(Math.min(mostMs, Math.max(leastMs, p95Ms)), { signal }).then(
    () => true,
    () => false,
  );
}

async function askCopy(
  context: ReadContext,
  address: BlockAddress,
  request: ReadRequest & { readonly id: VolumeId },
): Promise<Uint8Array> {
  const member = context.members.get(request.id);
  if (member?.volume === undefined) throw new CopysetError('volume.gone', `volume ${request.id} is not here`);
  const { clock } = context;
  const startedMs = clock.monotonicMs();
  member.inFlight += 1;
  try {
    const bytes = await readAndMark(context, member.volume, { ...request, address });
    member.latency.record(clock.monotonicMs() - startedMs, clock.monotonicMs());
    member.suspect = false;
    return bytes;
  } catch (thrown) {
    const error = toCopysetError(thrown);
    if (error.code === 'request.aborted')
      member.latency.recordAtLeast(clock.monotonicMs() - startedMs, clock.monotonicMs());
    report(context, member, { address, error, owedOn: request.owedOn ?? [] });
    throw error;
  } finally {
    member.inFlight -= 1;
  }
}

async function readAndMark(
  { verified }: ReadContext,
  volume: Volume,
  request: ReadRequest & { readonly address: BlockAddress },
): Promise<Uint8Array> {
  const { address, range } = request;
  const mark = placeMarker(verified, volume, address);
  const bytes = await readVerified(volume, address, request);
  mark(range ?? { from: 0, to: bytes.byteLength, of: bytes.byteLength });
  return bytes;
}

function readVerified(volume: Volume, address: BlockAddress, request: ReadRequest): Promise<Uint8Array> {
  const { range, byName = false, signal } = request;
  if (byName) return readWholeBlock(volume, address, { signal });
  if (range === undefined || isWhole(range)) return readBlockChunks(volume, address, { signal });
  return readBlockRange(volume, address, range, { signal, payloadBytes: range.of });
}

/** Then it is one read; header, chunks and table of a range are three. */
function isWhole({ from, to, of }: ByteRange): boolean {
  return from === 0 && to === of;
}

type Finding = { readonly address: BlockAddress; readonly error: CopysetError; readonly owedOn: Copyset };

function report(context: ReadContext, member: Member, { address, error, owedOn }: Finding): void {
  if (error.code === 'request.aborted') return;
  const { id } = member.entry;
  if (error.code === 'block.damaged' || (error.code === 'block.missing' && owedOn.includes(id)))
    context.onBadCopy(id, address, error);
  else if (error.code !== 'block.missing') {
    member.suspect = true;
    context.onFailure(id, error);
  }
}

function unavailable(
  address: BlockAddress,
  holders: Copyset,
  failures: ReadonlyMap<VolumeId, CopysetError>,
): CopysetError {
  const reasons = holders.map((id) => `${id}: ${failures.get(id)?.message ?? 'not here'}`).join('; ');
  const errors = [...failures.values()];
  const isNewer = errors.length > 0 && errors.every(({ code: each }) => each === 'format.unknown_version');
  const code = isNewer ? 'format.unknown_version' : 'block.unavailable';
  return new CopysetError(code, `no good copy of block ${address.name} can be reached (${reasons})`, {
    details: { block: address.name, volumes: [...holders] },
  });
}
