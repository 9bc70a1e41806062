/**
 * Why: some advice would be made up. Between sites the speed of light and the route decide, and those must be measured.
 */
import { CopysetError } from '../../base/errors.ts';
import type { PlannerInputs } from '../model/inputs.ts';

/** Throws `request.invalid` where advice over several sites would rest on a round trip that nobody measured. */
export function refuseUnmeasuredSites(inputs: PlannerInputs): void {
  const guessed = pairsOf(inputs.sites.map((site) => site.id)).filter(([from, to]) => !isMeasured(inputs, from, to));
  if (guessed.length === 0) return;
  const pairs = guessed.map(([from, to]) => `${from}-${to}`).join(', ');
  throw new CopysetError(
    'request.invalid',
    `no advice over several sites on round trips that were not measured: ${pairs}`,
  );
}

function pairsOf(ids: readonly string[]): [string, string][] {
  return ids.flatMap((from, index) => ids.slice(index + 1).map((to): [string, string] => [from, to]));
}

function isMeasured(inputs: PlannerInputs, from: string, to: string): boolean {
  const joins = (a: string, b: string) =>
    inputs.links.some((link) => link.from === a && link.to === b && link.oneWaySec.source === 'measured');
  return joins(from, to) || joins(to, from);
}
