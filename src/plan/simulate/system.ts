/**
 * Why: the whole system by discrete events, from one seed: clients, caches, links, disks, replicas. What its
 * percentiles say is independent of the composition that `evaluate` uses; what is too rare to happen is drawn apart
 * (up-states.ts).
 */
import { pick, type Random } from '../../base/random.ts';
import { type Dist, drawExp, type Sampler, sampler } from '../distribution.ts';
import { blocksOf, clientShares, entryNode, fragmentBytes, passesCache, readSources } from '../evaluate/access.ts';
import { downBesidesNodes } from '../evaluate/availabilities.ts';
import { Scene } from '../evaluate/scene.ts';
import { type Design, readersOf, writersOf } from '../model/design.ts';
import type { PlannerInputs, Workload } from '../model/inputs.ts';
import type { MetricId } from '../model/metrics.ts';
import { at, range, sumOf } from '../numeric/lists.ts';
import { ascending, mean, quantileOfSorted } from '../numeric/statistics.ts';
import { batchesOf, type Estimate, estimate } from './batches.ts';
import { type CacheModel, cacheModel, zipfSampler } from './cache-replay.ts';
import { CopysetRun, simulatedNode, type TrafficCount } from './copyset-run.ts';
import { EventQueue } from './events.ts';
import { Server } from './server.ts';
import { type Streams, streamsOf } from './streams.ts';
import { drawnUnavailability } from './up-states.ts';

export type SimulationOptions = {
  readonly horizonSec: number;
  readonly seed: number;
  readonly batches?: number;
  /** The horizon ends early when so many requests were made. */
  readonly maxRequests?: number;
};

export type Simulation = {
  readonly requests: number;
  readonly simulatedSec: number;
  readonly estimates: Partial<Record<MetricId, Estimate>>;
};

const defaultBatches = 20;
const defaultRequests = 40_000;
const drawsPerBatch = 5_000;

/** A percentile of a smaller batch would be biased. */
const forMedian = 20;
const forTail = 200;

type Finished = {
  readonly kind: 'read' | 'write';
  readonly latencySec: number;
  readonly hit: boolean;
  readonly stale: boolean;
};

export function simulate(design: Design, inputs: PlannerInputs, options: SimulationOptions): Simulation {
  const streams = streamsOf(options.seed);
  const scene = new Scene(inputs);
  const run = new SystemRun(scene, design, streams);
  const simulatedSec = run.play(options.horizonSec, options.maxRequests ?? defaultRequests);
  const batches = options.batches ?? defaultBatches;
  const { nodes } = scene.place(design);
  const besides = downBesidesNodes(scene, design);
  const down = (quorum: { readonly k: number; readonly besides: number }, name: string) =>
    estimate(
      drawnUnavailability(inputs, { nodes, ...quorum }, { random: streams(name), batches, perBatch: drawsPerBatch }),
    );
  return {
    requests: run.finished.length,
    simulatedSec,
    estimates: {
      ...latencyEstimates(run.finished, batches),
      ...trafficEstimates(run),
      writeUnavailability: down({ k: writersOf(design), besides: besides.write }, 'write states'),
      readUnavailability: down({ k: readersOf(design), besides: besides.read }, 'read states'),
    },
  };
}

function latencyEstimates(finished: readonly Finished[], batches: number): Partial<Record<MetricId, Estimate>> {
  const reads = finished.filter((each) => each.kind === 'read');
  const writes = finished.filter((each) => each.kind === 'write');
  const percentile = (series: readonly Finished[], q: number) =>
    estimate(
      batchesOf(series, batches, (batch) => quantileOfSorted(ascending(batch.map((each) => each.latencySec)), q)),
    );
  const share = (series: readonly Finished[], of: (each: Finished) => boolean) =>
    estimate(batchesOf(series, batches, (batch) => mean(batch.map((each) => (of(each) ? 1 : 0)))));
  const has = (series: readonly Finished[], perBatch: number) => series.length >= perBatch * batches;
  return {
    ...(has(writes, forMedian) ? { writeP50Sec: percentile(writes, 0.5) } : {}),
    ...(has(writes, forTail) ? { writeP99Sec: percentile(writes, 0.99) } : {}),
    ...(has(reads, forMedian)
      ? {
          readP50Sec: percentile(reads, 0.5),
          cacheHit: share(reads, (each) => each.hit),
          staleProbability: share(reads, (each) => each.stale),
        }
      : {}),
    ...(has(reads, forTail) ? { readP99Sec: percentile(reads, 0.99) } : {}),
  };
}

/** Counted over all writes: nothing of it is random but the mix of workloads. */
function trafficEstimates({ finished, written }: SystemRun): Partial<Record<MetricId, Estimate>> {
  const writes = finished.filter((each) => each.kind === 'write').length;
  if (writes === 0) return {};
  const exactly = (value: number): Estimate => ({ value, ci: [value, value] });
  return { bytesPerWrite: exactly(written.bytes / writes), messagesPerWrite: exactly(written.messages / writes) };
}

/** What one workload's clients ask for next. */
type Objects = { readonly next: () => number };

/** One object of one workload; keys tell objects of different workloads apart. */
type Asked = { readonly workload: Workload; readonly object: number; readonly key: string };

type Arrivals = { readonly ratePerSec: number; readonly horizonSec: number };

/** Between a client and the node that it talks to. */
type Route = { readonly direction: 'up' | 'down'; readonly bandwidthBps: number };

class SystemRun {
  readonly finished: Finished[] = [];
  readonly #events = new EventQueue();
  readonly #scene: Scene;
  readonly #design: Design;
  readonly #streams: Streams;
  readonly #copysets: readonly CopysetRun[];
  readonly #choice: Random;
  /** Version of each object that is committed, and that each node has. */
  readonly #committed = new Map<string, number>();
  readonly #applied: readonly Map<string, number>[];
  readonly #samplers = new Map<string, Sampler>();
  #version = 0;
  #started = 0;
  #limit = 0;
  #lastArrivalSec = 0;

  constructor(scene: Scene, design: Design, streams: Streams) {
    this.#scene = scene;
    this.#design = design;
    this.#streams = streams;
    this.#copysets = copysetRuns(this.#events, streams, { scene, design });
    this.#choice = streams('copysets');
    this.#applied = design.placement.map(() => new Map<string, number>());
  }

  get written(): TrafficCount {
    const sum = (count: keyof TrafficCount) => sumOf(this.#copysets, (copyset) => copyset.written[count]);
    return { messages: sum('messages'), bytes: sum('bytes') };
  }

  /** Gives the seconds that were simulated. */
  play(horizonSec: number, maxRequests: number): number {
    this.#limit = maxRequests;
    this.#scene.inputs.workloads.forEach((workload, index) => {
      const objects = objectsOf(workload, this.#streams(`objects ${index}`));
      for (const { site, weight } of clientShares(this.#scene, workload)) {
        const name = `${index} ${site}`;
        const asked = (): Asked => {
          const object = objects.next();
          return { workload, object, key: `${index} ${object}` };
        };
        const cache = this.#cacheOf(workload, name, objects);
        this.#arrivals(`reads ${name}`, { ratePerSec: workload.readsPerSec.value * weight, horizonSec }, () => {
          this.#read(site, asked(), cache);
        });
        this.#arrivals(`writes ${name}`, { ratePerSec: workload.writesPerSec.value * weight, horizonSec }, () => {
          this.#write(site, asked());
        });
      }
    });
    this.#events.runUntil(Number.POSITIVE_INFINITY);
    return Math.min(horizonSec, this.#lastArrivalSec);
  }

  #arrivals(stream: string, { ratePerSec, horizonSec }: Arrivals, happen: () => void): void {
    if (ratePerSec <= 0) return;
    const random = this.#streams(stream);
    const next = () => {
      this.#events.after(drawExp(random) / ratePerSec, () => {
        if (this.#events.nowSec > horizonSec || this.#started >= this.#limit) return;
        this.#started += 1;
        this.#lastArrivalSec = this.#events.nowSec;
        happen();
        next();
      });
    };
    next();
  }

  #cacheOf(workload: Workload, name: string, objects: Objects): CacheModel | undefined {
    const { bytes, policy } = this.#design.cache;
    const capacity = Math.floor(bytes / workload.objectBytes.value / this.#scene.inputs.workloads.length);
    if (capacity < 1 || passesCache(this.#design, workload, this.#scene.inputs.store)) return undefined;
    const replayed = policy === 'ttl' || policy === 'pinned' ? 'lfu' : policy;
    const cache = cacheModel(replayed, capacity, this.#streams(`cache ${name}`));
    for (let warm = 0; warm < Math.min(4 * workload.objects.value, 400_000); warm++) cache.access(objects.next());
    return cache;
  }

  #read(client: number, { workload, object, key }: Asked, cache: CacheModel | undefined): void {
    const started = this.#events.nowSec;
    const { store } = this.#scene.inputs;
    const finish = (hit: boolean, stale: boolean) => {
      this.finished.push({ kind: 'read', latencySec: this.#events.nowSec - started, hit, stale });
    };
    const latest = this.#committed.get(key) ?? 0;
    const isStale = (seen: readonly number[]) =>
      this.#design.mode !== 'copyset' && seen.every((node) => (at(this.#applied, node).get(key) ?? 0) < latest);
    const sources = readSources(this.#scene, this.#design, client);
    if (cache?.access(object) === true) {
      const behind = isStale(sources);
      this.#events.after(this.#draw('hit', store.cacheHitSec.value), () => finish(true, behind));
      return;
    }
    let stale = false;
    this.#events.after(this.#draw('request', store.requestSec.value), () =>
      this.#blockByBlock(workload, this.#route('down', client, at(sources, 0)), {
        block: (done) =>
          pick(this.#choice, this.#copysets).read(client, workload, (seen) => {
            stale ||= isStale(seen);
            done();
          }),
        finished: () => finish(false, stale),
      }),
    );
  }

  #write(client: number, { workload, key }: Asked): void {
    const started = this.#events.nowSec;
    const { store } = this.#scene.inputs;
    const version = ++this.#version;
    const entry = entryNode(this.#scene, this.#design, client);
    const acknowledge = () => {
      this.#committed.set(key, Math.max(version, this.#committed.get(key) ?? 0));
      this.finished.push({ kind: 'write', latencySec: this.#events.nowSec - started, hit: false, stale: false });
    };
    const commit = () => {
      if (this.#design.mode === 'copyset') this.#events.after(this.#draw('commit', store.commitSec.value), acknowledge);
      else acknowledge();
    };
    const applied = (node: number) => {
      const versions = at(this.#applied, node);
      versions.set(key, Math.max(version, versions.get(key) ?? 0));
    };
    this.#events.after(this.#draw('request', store.requestSec.value), () =>
      this.#blockByBlock(workload, this.#route('up', client, entry), {
        block: (acknowledged) => pick(this.#choice, this.#copysets).write(client, workload, { acknowledged, applied }),
        finished: commit,
      }),
    );
  }

  #draw(name: string, dist: Dist): number {
    const known = this.#samplers.get(name) ?? sampler(dist, this.#streams(name));
    this.#samplers.set(name, known);
    return known();
  }

  #route(direction: Route['direction'], client: number, node: number): Route {
    const site = at(this.#scene.place(this.#design).nodeSites, node);
    return { direction, bandwidthBps: this.#scene.bandwidthBps(client, site) };
  }

  /** As many blocks at once as the store allows; each takes its time on the client's link, one after another. */
  #blockByBlock(
    workload: Workload,
    route: Route,
    work: { readonly block: (done: () => void) => void; readonly finished: () => void },
  ): void {
    const { blocksInFlight, writesInFlight, perBlockSec } = this.#scene.inputs.store;
    const together = route.direction === 'up' ? writesInFlight : blocksInFlight;
    const blocks = blocksOf(this.#design, workload);
    const bytes = fragmentBytes(this.#design, workload) * (this.#design.ec?.k ?? 1);
    const movingSec = bytes / route.bandwidthBps + perBlockSec.value;
    const wire = new Server(this.#events, 1);
    let started = 0;
    let done = 0;
    const onDone = () => {
      done += 1;
      if (done === blocks) work.finished();
      else if (started < blocks) start();
    };
    const start = () => {
      started += 1;
      if (route.direction === 'up') wire.serve(movingSec, () => work.block(onDone));
      else work.block(() => wire.serve(movingSec, onDone));
    };
    for (const _ of range(Math.min(blocks, together.value))) start();
  }
}

/**
 * As many copysets as the largest site has nodes: in each site the members move on by one, so that all nodes have equal
 * shares.
 */
function copysetRuns(
  events: EventQueue,
  streams: Streams,
  of: { readonly scene: Scene; readonly design: Design },
): CopysetRun[] {
  const { nodeSites, pool } = of.scene.place(of.design);
  const sites = [...new Set(nodeSites)];
  const bySite = new Map(
    sites.map((site) => {
      const nodes = pool.filter((node) => node.site === of.scene.site(site).id);
      return [site, nodes.map((node) => simulatedNode(node, events, { site, streams }))] as const;
    }),
  );
  const inSite = (site: number) => bySite.get(site) ?? [];
  const rank = (member: number) => nodeSites.slice(0, member).filter((site) => site === at(nodeSites, member)).length;
  return range(Math.max(...sites.map((site) => inSite(site).length))).map((turn) => {
    const nodes = nodeSites.map((site, member) => at(inSite(site), (rank(member) + turn) % inSite(site).length));
    return new CopysetRun(events, (entity) => streams(`copyset ${turn} ${entity}`), { ...of, nodes });
  });
}

function objectsOf(workload: Workload, random: ReturnType<Streams>): Objects {
  const count = Math.max(1, Math.round(workload.objects.value));
  if (workload.class !== 'epoch-scan') return { next: zipfSampler(count, workload.zipfAlpha.value, random) };
  let position = 0;
  return { next: () => position++ % count };
}
