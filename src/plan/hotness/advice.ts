/**
 * Why: more copies of what is hot, fewer of what has cooled, and fetches ahead of time; never in a hurry, and only if
 * it pays.
 */
import { at } from '../numeric/lists.ts';
import { bytesPerGB, monthSec } from '../units.ts';
import { hotReplicas, prefetchDecision, prefetchDepth } from './hotness.ts';

export type HotObject = {
  readonly id: string;
  readonly ratePerSec: number;
  readonly bytes: number;
  readonly copies: number;
  readonly serviceSec: number;
  /** Since its number of copies last changed. */
  readonly settledSec: number;
};

export type ReplicaPolicy = {
  readonly min: number;
  readonly max: number;
  readonly copyBps: number;
  readonly usdPerGBMonth: number;
  /** What a second of waiting saved is worth, USD. */
  readonly valuePerSec: number;
};

export type ReplicaAdvice = { readonly id: string; readonly copies: number; readonly reason: string };

const addAbove = 0.7;
const dropBelow = 0.3;
const aim = 0.6;
const dwellCopyTimes = 10;

/** The number of copies that the object should have; the present one unless there is a reason. */
export function adviseReplicas(object: HotObject, policy: ReplicaPolicy): ReplicaAdvice {
  const stay = (reason: string): ReplicaAdvice => ({ id: object.id, copies: object.copies, reason });
  const utilisation = (object.ratePerSec * object.serviceSec) / object.copies;
  const wanted = hotReplicas({
    ratePerSec: object.ratePerSec,
    serviceSec: object.serviceSec,
    rhoMax: aim,
    min: policy.min,
    max: policy.max,
  }).value;
  if (utilisation >= dropBelow && utilisation <= addAbove) return stay('utilisation is between 0.3 and 0.7');
  if (wanted === object.copies) return stay('the limits allow no other number');
  if (object.settledSec < (dwellCopyTimes * object.bytes) / policy.copyBps)
    return stay('changed less than ten copy times ago');
  if (wanted < object.copies)
    return { id: object.id, copies: wanted, reason: `utilisation ${utilisation.toFixed(2)} is below 0.3` };
  if (!pays(object, wanted, policy)) return stay('more copies would cost more than the waiting that they save');
  return { id: object.id, copies: wanted, reason: `utilisation ${utilisation.toFixed(2)} is above 0.7` };
}

/** Waiting saved over a month, by M/M/1 at each copy, against keeping the new copies for it. */
function pays(object: HotObject, wanted: number, policy: ReplicaPolicy): boolean {
  const waitSec = (copies: number) => {
    const rho = Math.min(0.99, (object.ratePerSec * object.serviceSec) / copies);
    return (rho / (1 - rho)) * object.serviceSec;
  };
  const savedSec = object.ratePerSec * monthSec * (waitSec(object.copies) - waitSec(wanted));
  return (
    savedSec * policy.valuePerSec > (((wanted - object.copies) * object.bytes) / bytesPerGB) * policy.usdPerGBMonth
  );
}

export type PrefetchCosts = {
  readonly missSec: number;
  readonly hitSec: number;
  readonly fetchCost: number;
  readonly valuePerSec: number;
  readonly blocksPerSec: number;
};

export type PrefetchAdvice = { readonly next: readonly string[]; readonly reason: string };

/** The order of an epoch is known: fetch as far ahead as the latency asks for. */
export function prefetchEpoch(order: readonly string[], position: number, costs: PrefetchCosts): PrefetchAdvice {
  const depth = prefetchDepth({ fetchSec: costs.missSec, blocksPerSec: costs.blocksPerSec });
  return {
    next: order.slice(position + 1, position + 1 + depth),
    reason: `the order is known; ${depth} ahead cover the latency`,
  };
}

/** Which object follows which, counted with decay: a first-order Markov chain. */
export class Successors {
  readonly #decay: number;
  readonly #counts = new Map<string, Map<string, number>>();
  #previous: string | undefined;

  /** `decay` in (0, 1): the weight of what was known at each new observation of the same predecessor. */
  constructor(decay: number) {
    this.#decay = decay;
  }

  observe(object: string): void {
    if (this.#previous !== undefined) {
      const followers = this.#counts.get(this.#previous) ?? new Map<string, number>();
      for (const [follower, count] of followers) followers.set(follower, count * this.#decay);
      followers.set(object, (followers.get(object) ?? 0) + 1);
      this.#counts.set(this.#previous, followers);
    }
    this.#previous = object;
  }

  /** Followers worth fetching when `object` was asked for, the likeliest first. */
  advise(object: string, costs: PrefetchCosts): PrefetchAdvice {
    const followers = [...(this.#counts.get(object) ?? [])];
    const total = followers.reduce((sum, [, count]) => sum + count, 0);
    const decisions = followers.map(([id, count]) => ({
      id,
      ...prefetchDecision({ probability: count / total, ...costs }),
      p: count / total,
    }));
    const next = decisions.filter((each) => each.prefetch).sort((left, right) => right.p - left.p);
    const threshold = decisions.length === 0 ? 1 : at(decisions, 0).threshold;
    return { next: next.map((each) => each.id), reason: `followed with probability above ${threshold.toFixed(2)}` };
  }
}
