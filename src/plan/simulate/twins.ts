/**
 * Why: a formula is believed when a simulation that knows nothing of it agrees. Each twin draws what its formula sums
 * up, and gives batch means; the tests and `plan simulate --twins` ask that the formula lies in the 99.9 % interval.
 */
import { shuffled } from '../../base/random.ts';
import { type Dist, drawExp, sampler } from '../distribution.ts';
import type { FailoverInput } from '../formulas/availability.ts';
import type { CorrelatedLossInput } from '../formulas/correlated-loss.ts';
import { type MttdlInput, repairsAtOnce } from '../formulas/durability.ts';
import type { HedgeInput } from '../formulas/latency.ts';
import { kthSmallest, range, sum } from '../numeric/lists.ts';
import { mean } from '../numeric/statistics.ts';
import { batchesOf } from './batches.ts';
import { zipfSampler } from './cache-replay.ts';
import { EventQueue } from './events.ts';
import { Server } from './server.ts';
import { type Streams, streamsOf } from './streams.ts';

export type TwinRun = {
  readonly seed: number;
  readonly batches: number;
  /** Draws, requests or cycles in each batch. */
  readonly perBatch: number;
};

function perBatch(run: TwinRun, figure: (streams: Streams) => number): number[] {
  return range(run.batches).map((batch) => figure(streamsOf(run.seed * 1_000_003 + batch)));
}

/** Share of time that a leader serves: nodes that fail and come back, and elections (failoverAvailability). */
export function availabilityTwin(input: FailoverInput, run: TwinRun): number[] {
  return perBatch(run, (streams) => {
    const random = streams('group');
    const group = new LeaderGroup(input);
    let serving = 0;
    let elapsed = 0;
    for (let step = 0; step < run.perBatch; step++) {
      const rates = group.rates();
      const total = sum(rates);
      const stay = drawExp(random) / total;
      elapsed += stay;
      if (group.serves) serving += stay;
      group.happen(chosenBy(rates, random.float() * total));
    }
    return serving / elapsed;
  });
}

function chosenBy(rates: readonly number[], mark: number): number {
  let left = mark;
  const found = rates.findIndex((rate) => {
    left -= rate;
    return left < 0;
  });
  return found < 0 ? rates.length - 1 : found;
}

/** Events in order: the leader fails, another node fails, one comes back, an election ends. */
class LeaderGroup {
  readonly #input: FailoverInput;
  #up: number;
  #led = true;

  constructor(input: FailoverInput) {
    this.#input = input;
    this.#up = input.nodes;
  }

  get serves(): boolean {
    return this.#led;
  }

  rates(): number[] {
    const { nodes, quorum, mtbfSec, mttrSec, failoverSec } = this.#input;
    const others = this.#up - (this.#led ? 1 : 0);
    const electing = !this.#led && this.#up >= quorum;
    return [
      this.#led ? 1 / mtbfSec : 0,
      others / mtbfSec,
      (nodes - this.#up) / mttrSec,
      electing ? 1 / failoverSec : 0,
    ];
  }

  happen(event: number): void {
    if (event === 2) this.#up += 1;
    else if (event === 3) this.#led = true;
    else this.#fail(event === 0);
  }

  #fail(leader: boolean): void {
    this.#up -= 1;
    if (leader || this.#up < this.#input.quorum) this.#led = false;
  }
}

/** Times to data loss in seconds, by drawing failures and repairs until more are gone than tolerated (mttdl). */
export function mttdlTwin(input: MttdlInput, run: TwinRun): number[] {
  const lifetime = (streams: Streams) => {
    const random = streams('set');
    return mean(
      range(run.perBatch).map(() =>
        timeToLoss(
          input,
          () => drawExp(random),
          () => random.float(),
        ),
      ),
    );
  };
  return perBatch(run, lifetime);
}

function timeToLoss(input: MttdlInput, exponential: () => number, uniform: () => number): number {
  let failed = 0;
  let elapsed = 0;
  while (failed <= input.tolerate) {
    const failing = (input.n - failed) / input.mtbfSec;
    const repairing = repairsAtOnce(input.repair, failed) / input.mttrSec;
    elapsed += exponential() / (failing + repairing);
    failed += uniform() * (failing + repairing) < failing ? 1 : -1;
  }
  return elapsed;
}

/** Share of bursts that lose some set: real random sets, real random failed nodes (correlatedLoss). */
export function burstTwin(input: CorrelatedLossInput, run: TwinRun): number[] {
  return perBatch(run, (streams) => {
    const random = streams('burst');
    const nodes = range(input.nodes);
    let lost = 0;
    for (let event = 0; event < run.perBatch; event++) {
      const down = new Set(shuffled(random, nodes).slice(0, input.failed));
      const isLost = () => {
        const members = shuffled(random, nodes).slice(0, input.setSize);
        return members.filter((node) => down.has(node)).length > input.tolerate;
      };
      if (range(input.sets).some(isLost)) lost++;
    }
    return lost / run.perBatch;
  });
}

export type QueueTwinInput = { readonly lambdaPerSec: number; readonly service: Dist; readonly servers: number };

/** Mean waits of Poisson arrivals at servers that queue first come, first served (mmc, mg1). */
export function queueTwin(input: QueueTwinInput, run: TwinRun): number[] {
  const streams = streamsOf(run.seed);
  const arrivals = streams('arrivals');
  const service = sampler(input.service, streams('service'));
  const events = new EventQueue();
  const server = new Server(events, input.servers);
  const waits: number[] = [];
  const wanted = run.batches * run.perBatch * (1 / 0.9);
  const arrive = () => {
    const came = events.nowSec;
    const serviceSec = service();
    server.serve(serviceSec, () => waits.push(events.nowSec - came - serviceSec));
    if (waits.length < wanted) events.after(drawExp(arrivals) / input.lambdaPerSec, arrive);
  };
  events.after(0, arrive);
  events.runUntil(Number.POSITIVE_INFINITY);
  return batchesOf(waits, run.batches, mean);
}

/** Share of the k-th fastest answers that come by t (quorumLatencyQuantile): at the formula's quantile it is q. */
export function quorumTwin(
  { dists, k, t }: { readonly dists: readonly Dist[]; readonly k: number; readonly t: number },
  run: TwinRun,
): number[] {
  return perBatch(run, (streams) => {
    const draws = dists.map((dist, index) => sampler(dist, streams(`node ${index}`)));
    const inTime = range(run.perBatch).filter(
      () =>
        kthSmallest(
          draws.map((draw) => draw()),
          k,
        ) <= t,
    );
    return inTime.length / run.perBatch;
  });
}

/** Share of hedged requests that are answered by t, by letting both run (hedgedRequest). */
export function hedgeTwin(input: HedgeInput, t: number, run: TwinRun): number[] {
  return perBatch(run, (streams) => {
    const first = sampler(input.dist, streams('first'));
    const second = sampler(input.dist, streams('second'));
    const inTime = range(run.perBatch).filter(() => {
      const alone = first();
      return Math.min(alone, alone > input.delaySec ? input.delaySec + second() : alone) <= t;
    });
    return inTime.length / run.perBatch;
  });
}

/** Hit ratios of entries that live ttlSec after their fetch (ttlCache). */
export function ttlTwin(
  input: { readonly objects: number; readonly alpha: number; readonly ratePerSec: number; readonly ttlSec: number },
  run: TwinRun,
): number[] {
  return perBatch(run, (streams) => {
    const next = zipfSampler(input.objects, input.alpha, streams('objects'));
    const arrivals = streams('arrivals');
    const expires = new Map<number, number>();
    let now = 0;
    let hits = 0;
    let asked = 0;
    const warmUpSec = 5 * input.ttlSec;
    while (asked < run.perBatch) {
      now += drawExp(arrivals) / input.ratePerSec;
      const object = next();
      const hit = (expires.get(object) ?? 0) > now;
      if (!hit) expires.set(object, now + input.ttlSec);
      if (now < warmUpSec) continue;
      asked++;
      if (hit) hits++;
    }
    return hits / asked;
  });
}

/** Pairs of writes per second from different sites to one key within the lag of each other (writeConflicts). */
export function conflictTwin(
  input: {
    readonly keys: number;
    readonly alpha: number;
    readonly siteWriteRates: readonly number[];
    readonly lagSec: number;
  },
  run: TwinRun,
): number[] {
  return perBatch(run, (streams) => {
    const random = streams('writes');
    const key = zipfSampler(input.keys, input.alpha, streams('keys'));
    const total = sum(input.siteWriteRates);
    const recent = new Map<number, { readonly site: number; readonly sec: number }[]>();
    let now = 0;
    let pairs = 0;
    for (let write = 0; write < run.perBatch; write++) {
      now += drawExp(random) / total;
      const site = chosenBy(input.siteWriteRates, random.float() * total);
      const written = key();
      const live = (recent.get(written) ?? []).filter((other) => now - other.sec <= input.lagSec);
      pairs += live.filter((other) => other.site !== site).length;
      recent.set(written, [...live, { site, sec: now }]);
    }
    return pairs / now;
  });
}

/** Share of reads that miss all of the last k versions, each on W random replicas of n (pbsKStaleness). */
export function partialQuorumTwin(
  input: { readonly n: number; readonly r: number; readonly w: number; readonly k: number },
  run: TwinRun,
): number[] {
  return perBatch(run, (streams) => {
    const random = streams('quorums');
    const nodes = range(input.n);
    const chosen = (size: number) => shuffled(random, nodes).slice(0, size);
    const stale = range(run.perBatch).filter(() => {
      const read = new Set(chosen(input.r));
      return range(input.k).every(() => !chosen(input.w).some((node) => read.has(node)));
    });
    return stale.length / run.perBatch;
  });
}
