/**
 * Why: when a volume is given up is decided here. Pure: the keeper reports what each check said, and when.
 *
 *   ok -> gone (path or identity missing) --goneGraceMs--> lost
 *   ok -> silent (no answer) --silentGraceMs--> lost
 *   any -> retired (a sync failed), at once
 *
 * A volume that answers again before its grace ends is ok again; its blocks were never moved. One that is now gone, now
 * silent, but never ok is lost after the longer of the two.
 */
export type HealthRule = { readonly goneGraceMs: number; readonly silentGraceMs: number };

export type CheckResult = 'ok' | 'gone' | 'silent' | 'retired';

export type VolumeHealth = {
  readonly state: CheckResult | 'lost';
  /** Since when it is in this state. */
  readonly sinceMs: number;
  /** Since when it is not ok, in one way or another. */
  readonly unwellSinceMs?: number;
};

/** Times are monotonic. */
export function onVolumeCheck(
  rule: HealthRule,
  before: VolumeHealth,
  { result, atMs }: { readonly result: CheckResult; readonly atMs: number },
): VolumeHealth {
  if (before.state === 'lost' || before.state === 'retired') return before;
  const sinceMs = result === before.state ? before.sinceMs : atMs;
  if (result === 'ok' || result === 'retired') return { state: result, sinceMs };
  const { unwellSinceMs = atMs } = before;
  const graceMs = { gone: rule.goneGraceMs, silent: rule.silentGraceMs };
  const isLost = atMs - sinceMs >= graceMs[result] || atMs - unwellSinceMs >= Math.max(graceMs.gone, graceMs.silent);
  return isLost ? { state: 'lost', sinceMs: atMs, unwellSinceMs } : { state: result, sinceMs, unwellSinceMs };
}
