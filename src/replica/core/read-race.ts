/**
 * Why: which copies a read asks, and when it asks another, is decided here. Pure: events in, effects out.
 * The best holder is asked first; if it has not answered after the hedge delay, or at once when it failed, the next one
 * is asked too; the first good answer wins, and only when all have failed does the read give up.
 */
import type { VolumeId } from '../../base/ids.ts';
import type { Random } from '../../base/random.ts';

export type ReadRace = { readonly waiting: readonly VolumeId[]; readonly asked: ReadonlySet<VolumeId> };
export type ReadEvent =
  | { readonly kind: 'begin' }
  | { readonly kind: 'hedge-due'; readonly after: VolumeId }
  | { readonly kind: 'failed'; readonly volume: VolumeId };
export type ReadEffect =
  | { readonly kind: 'ask'; readonly volume: VolumeId }
  | { readonly kind: 'arm-hedge'; readonly after: VolumeId }
  | { readonly kind: 'give-up' };
export type ReadStep = { readonly race: ReadRace; readonly effects: readonly ReadEffect[] };

export function startReadRace(order: readonly VolumeId[]): ReadRace {
  return { waiting: order, asked: new Set() };
}

export function onReadEvent(race: ReadRace, event: ReadEvent): ReadStep {
  // Who failed before its delay was over has been followed by another already, with a delay of its own.
  if (event.kind === 'hedge-due' && !race.asked.has(event.after)) return { race, effects: [] };
  const asked =
    event.kind === 'failed' ? new Set([...race.asked].filter((volume) => volume !== event.volume)) : race.asked;
  const [next, ...waiting] = race.waiting;
  if (next === undefined) return { race: { waiting, asked }, effects: asked.size === 0 ? [{ kind: 'give-up' }] : [] };
  const effects: ReadEffect[] = [{ kind: 'ask', volume: next }];
  if (waiting.length > 0) effects.push({ kind: 'arm-hedge', after: next });
  return { race: { waiting, asked: new Set([...asked, next]) }, effects };
}

export type Candidate = {
  readonly volume: VolumeId;
  /** Nobody says that it has the block: asked after all that should have it. */
  readonly isLastResort: boolean;
  /** It failed or hung lately: asked last. */
  readonly suspect: boolean;
  readonly inFlight: number;
  /** Smoothed latency of its reads; 0 when none was seen. */
  readonly latencyMs: number;
};

/**
 * Best first: who should have the block before who may, trusted before suspect, then the shortest wait expected, ties
 * by chance so that load spreads. A volume that was never read looks fast, and so would always be asked for nothing.
 */
export function orderCandidates(candidates: readonly Candidate[], random: Random): VolumeId[] {
  return candidates
    .map((candidate) => ({
      ...candidate,
      expectedMs: candidate.latencyMs * (candidate.inFlight + 1),
      tie: random.float(),
    }))
    .sort(
      (left, right) =>
        Number(left.isLastResort) - Number(right.isLastResort) ||
        Number(left.suspect) - Number(right.suspect) ||
        left.expectedMs - right.expectedMs ||
        left.tie - right.tie,
    )
    .map(({ volume }) => volume);
}
