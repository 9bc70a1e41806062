/**
 * Why: when a volume is given up is decided here. Pure: the keeper reports what each check said, and when.
 *
 *   ok -> gone (path or identity missing) --goneGraceMs--> lost
 *   ok -> silent (no answer) --silentGraceMs--> lost
 *   any -> retired (a sync failed), at once
 *
 * A volume that answers again before its grace ends is ok again; its blocks were never moved.
 */
export type HealthRule = { readonly goneGraceMs: number; readonly silentGraceMs: number };

export type CheckResult = 'ok' | 'gone' | 'silent' | 'retired';

export type VolumeHealth = { readonly state: CheckResult | 'lost'; readonly sinceMs: number };

/** Times are monotonic. */
export function onVolumeCheck(
  rule: HealthRule,
  before: VolumeHealth,
  check: { readonly result: CheckResult; readonly atMs: number },
): VolumeHealth {
  if (before.state === 'lost' || before.state === 'retired') return before;
  if (check.result !== before.state) return { state: check.result, sinceMs: check.atMs };
  const unwellMs = check.atMs - before.sinceMs;
  const expired =
    (check.result === 'gone' && unwellMs >= rule.goneGraceMs) ||
    (check.result === 'silent' && unwellMs >= rule.silentGraceMs);
  return expired ? { state: 'lost', sinceMs: check.atMs } : before;
}
