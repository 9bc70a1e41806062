/**
 * Why: when a block counts as written is decided here and nowhere else. Pure: the shell reports what each volume said.
 * A copy counts once it is durable; W copies count only in W different failure domains.
 */
import type { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { Copyset } from '../../layout/layout.ts';

export type WriteRule = {
  readonly targets: Copyset;
  readonly quorum: number;
  /** The failure domain that a copy on this volume counts for. */
  readonly domainOf: (volume: VolumeId) => string;
};

export type WriteEvent =
  | { readonly kind: 'stored' | 'present'; readonly volume: VolumeId }
  | { readonly kind: 'failed'; readonly volume: VolumeId; readonly error: CopysetError };

export type WriteSet = {
  readonly rule: WriteRule;
  readonly durable: ReadonlySet<VolumeId>;
  readonly failures: ReadonlyMap<VolumeId, CopysetError>;
  /** A volume had the block before this write. */
  readonly found: boolean;
};

/** `complete`: all targets have it. `durable`: enough have it. `failed`: enough can no longer be reached. */
export type WriteDecision = 'pending' | 'durable' | 'complete' | 'failed';

export function startWriteSet(rule: WriteRule): WriteSet {
  return { rule, durable: new Set(), failures: new Map(), found: false };
}

export function onWriteEvent(set: WriteSet, event: WriteEvent): WriteSet {
  if (event.kind === 'failed') return { ...set, failures: new Map([...set.failures, [event.volume, event.error]]) };
  return { ...set, durable: new Set([...set.durable, event.volume]), found: set.found || event.kind === 'present' };
}

export function decideWrite(set: WriteSet): WriteDecision {
  const { rule, durable, failures } = set;
  if (countDomains(rule, [...durable]) >= rule.quorum)
    return durable.size === rule.targets.length ? 'complete' : 'durable';
  const reachable = rule.targets.filter((volume) => !failures.has(volume));
  return countDomains(rule, reachable) >= rule.quorum ? 'pending' : 'failed';
}

/** Targets without a durable copy so far: repair owes them one. */
export function missingTargets(set: WriteSet): VolumeId[] {
  return set.rule.targets.filter((volume) => !set.durable.has(volume));
}

/** In how many different failure domains these volumes are. */
export function countDomains(rule: WriteRule, volumes: readonly VolumeId[]): number {
  return new Set(volumes.map(rule.domainOf)).size;
}
