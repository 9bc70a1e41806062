/** Why: one design, one set of inputs, all metrics: what search, reports and operators rest on. */
import { docObjective } from '../formulas/availability.ts';
import { checkDesign, type Design, readersOf, writersOf } from '../model/design.ts';
import { type PlannerInputs, upShare, type Workload } from '../model/inputs.ts';
import type { Metrics } from '../model/metrics.ts';
import { at, sumOf } from '../numeric/lists.ts';
import { type Unavailabilities, unavailabilitiesOf } from './availabilities.ts';
import { CacheHits } from './cache-hits.ts';
import { type Durability, durabilityOf } from './durabilities.ts';
import { Freshness } from './freshness.ts';
import { mixtureQuantile, type WeightedGrid } from './grid.ts';
import { Latencies } from './latencies.ts';
import { type Loads, loadsOf, maxUtilisation } from './load.ts';
import { Memo } from './memo.ts';
import { type LayoutFigures, Scene } from './scene.ts';
import { footprintOf, trafficOf } from './traffic.ts';

/** All metrics of one design. For many designs of the same inputs make one Evaluator. */
export function evaluate(design: Design, inputs: PlannerInputs): Metrics {
  return new Evaluator(inputs).evaluate(design);
}

/** What does not change between similar inputs and takes longest: layouts and replayed caches. */
export class SharedWork {
  readonly layouts = new Memo<LayoutFigures>();
  readonly hits = new CacheHits();
}

const never: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

/** Evaluates designs over fixed inputs and remembers what they share. */
export class Evaluator {
  readonly scene: Scene;
  readonly #latencies: Latencies;
  readonly #hits: CacheHits;
  readonly #freshness: Freshness;
  readonly #durabilities = new Memo<Durability>();
  readonly #unavailable = new Memo<Unavailabilities>();

  constructor(inputs: PlannerInputs, shared = new SharedWork()) {
    this.scene = new Scene(inputs, shared.layouts);
    this.#hits = shared.hits;
    this.#latencies = new Latencies(this.scene);
    this.#freshness = new Freshness(this.scene);
  }

  evaluate(design: Design): Metrics {
    checkDesign(design);
    const { workloads } = this.scene.inputs;
    const hits = workloads.map((workload) => this.#hits.ratio(design, workload, this.scene.inputs));
    const loads = loadsOf(this.scene, design, hits);
    const traffic = trafficOf(this.scene, design, hits);
    const { keepUsdPerMonth, ...footprint } = footprintOf(this.scene, design);
    const { write, read } = this.#unavailabilities(design);
    const overloaded = loads.busiest >= maxUtilisation;
    const [writeP50Sec, writeP99Sec] = overloaded ? never : medianAndTail(this.#writes(design, loads));
    const [readP50Sec, readP99Sec] = overloaded ? never : medianAndTail(this.#reads(design, loads, hits));
    const { annualLossProbability, lostShareExpected, repairSec } = this.durability(design);
    return {
      docObjective: docObjective({ p: this.scene.place(design).nodes.map(upShare) }).value,
      writeUnavailability: write,
      readUnavailability: read,
      writeP50Sec,
      writeP99Sec,
      readP50Sec,
      readP99Sec,
      cacheHit: byReads(workloads, (_, index) => at(hits, index)),
      ...this.#freshness.of(design),
      annualLossProbability,
      lostShareExpected,
      repairSec,
      crossSiteBps: traffic.crossSiteBps,
      messagesPerWrite: traffic.messagesPerWrite,
      bytesPerWrite: traffic.bytesPerWrite,
      ...footprint,
      usdPerMonth: traffic.egressUsdPerMonth + keepUsdPerMonth,
      maxNodeLoad: loads.busiest,
    };
  }

  #unavailabilities(design: Design): Unavailabilities {
    const key = [
      this.scene.place(design).key,
      design.mode,
      design.readLevel,
      writersOf(design),
      readersOf(design),
    ].join();
    return this.#unavailable.get(key, () => unavailabilitiesOf(this.scene, design));
  }

  durability(design: Design): Durability {
    const key = [this.scene.place(design).key, design.scatterWidth, design.blockBytes, design.ec?.k ?? 0].join();
    return this.#durabilities.get(key, () => durabilityOf(this.scene, design));
  }

  #writes(design: Design, loads: Loads): WeightedGrid[] {
    return this.scene.inputs.workloads.flatMap((workload) =>
      weighted(workload.writesPerSec.value, this.#latencies.write(design, workload, loads)),
    );
  }

  #reads(design: Design, loads: Loads, hits: readonly number[]): WeightedGrid[] {
    return this.scene.inputs.workloads.flatMap((workload, index) => [
      { weight: workload.readsPerSec.value * at(hits, index), grid: this.#latencies.hit() },
      ...weighted(workload.readsPerSec.value * (1 - at(hits, index)), this.#latencies.miss(design, workload, loads)),
    ]);
  }
}

function weighted(rate: number, parts: readonly WeightedGrid[]): WeightedGrid[] {
  return parts.map((part) => ({ weight: rate * part.weight, grid: part.grid }));
}

/** Where nobody asks, every part counts the same. */
function medianAndTail(parts: readonly WeightedGrid[]): readonly [number, number] {
  const counted = parts.some((part) => part.weight > 0) ? parts : parts.map((part) => ({ ...part, weight: 1 }));
  return [mixtureQuantile(counted, 0.5), mixtureQuantile(counted, 0.99)];
}

function byReads(workloads: readonly Workload[], value: (workload: Workload, index: number) => number): number {
  const reads = sumOf(workloads, (workload) => workload.readsPerSec.value);
  if (reads === 0) return 0;
  return sumOf(workloads, (workload, index) => (workload.readsPerSec.value / reads) * value(workload, index));
}
