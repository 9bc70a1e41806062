/** Why: of 100,000 designs only those stay that nobody beats; kept while they are made, so that memory stays small. */
import type { Design } from '../model/design.ts';
import { badness, type Limit, type MetricId, type Metrics } from '../model/metrics.ts';
import { dominates } from '../optimise/pareto.ts';

export type Candidate = { readonly design: Design; readonly metrics: Metrics };

/** F of the planner: what is minimised when nobody says otherwise. */
export const frontMetrics: readonly MetricId[] = [
  'writeUnavailability',
  'readUnavailability',
  'writeP99Sec',
  'readP99Sec',
  'stalenessWindowSec',
  'annualLossProbability',
  'crossSiteBps',
  'usdPerMonth',
];

/** The metrics that a search compares: F, the objective and whatever is limited. */
export function comparedMetrics(objective: MetricId, limits: readonly Limit[]): MetricId[] {
  return [...new Set([...frontMetrics, objective, ...limits.map((limit) => limit.metric)])];
}

/** Values within about 1 % of each other count as equal: no operator chooses by less, and no model is better. */
const resolution = 0.01;

function graded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  return Math.sign(value) * Math.exp(Math.round(Math.log(Math.abs(value)) / resolution) * resolution);
}

/** Candidates that no other beats; of those that are equal in every metric, the first. */
export class Front {
  readonly #metrics: readonly MetricId[];
  #members: { readonly row: readonly number[]; readonly candidate: Candidate }[] = [];

  constructor(metrics: readonly MetricId[]) {
    this.#metrics = metrics;
  }

  offer(candidate: Candidate): void {
    const row = this.#metrics.map((metric) => graded(badness(metric, candidate.metrics[metric])));
    if (this.#members.some((member) => coveredBy(member.row, row))) return;
    this.#members = this.#members.filter((member) => !dominates(row, member.row));
    this.#members.push({ row, candidate });
  }

  candidates(): Candidate[] {
    return this.#members.map((member) => member.candidate);
  }
}

/** `left` is nowhere worse. */
function coveredBy(left: readonly number[], right: readonly number[]): boolean {
  for (let index = 0; index < left.length; index++)
    if ((left[index] as number) > (right[index] as number)) return false;
  return true;
}
