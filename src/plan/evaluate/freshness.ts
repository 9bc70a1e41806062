/** Why: who reads without asking a quorum or the leader may read the past; how likely, and how far back. */
import { type Dist, mean as distMean } from '../distribution.ts';
import { type PopularityClass, zipfPopularity } from '../formulas/cache.ts';
import { nodeDistances } from '../formulas/protocol-latency.ts';
import { rpoRto, staleReadProbability, writeConflicts } from '../formulas/staleness.ts';
import { warsStaleWindow } from '../formulas/wars.ts';
import { type Design, writersOf } from '../model/design.ts';
import type { Workload } from '../model/inputs.ts';
import { at, range, sum, sumOf } from '../numeric/lists.ts';
import { ascending, mean } from '../numeric/statistics.ts';
import { clientShares, entryNode, readSources } from './access.ts';
import { Memo } from './memo.ts';
import type { Place, Scene } from './scene.ts';

export type Staleness = {
  readonly staleProbability: number;
  readonly stalenessWindowSec: number;
  readonly conflictsPerSec: number;
  readonly rpoSec: number;
  readonly rtoSec: number;
};

/** Standard error of a few percent; who needs more runs WARS by itself. */
const warsTrials = 4_000;

/** Below it 1 - exp(-px) is px, to half a percent. */
const fewWrites = 0.01;

export class Freshness {
  readonly #scene: Scene;
  readonly #known = new Memo<number>();
  readonly #popularities = new Memo<readonly PopularityClass[]>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  of(design: Design): Staleness {
    const place = this.#scene.place(design);
    const lagSec = farthestLagSec(this.#scene, place, design);
    const partial = design.readLevel === 'quorum' && design.readQuorum + writersOf(design) <= place.nodes.length;
    const lagging = design.readLevel === 'local' && design.mode !== 'copyset';
    return {
      staleProbability: lagging || partial ? this.#staleReads(design, place, partial) : 0,
      stalenessWindowSec: (lagging && place.nodes.length > 1) || partial ? lagSec : 0,
      conflictsPerSec: design.mode === 'multi-primary' ? this.#conflicts(place, lagSec) : 0,
      ...this.#recovery(design, lagSec),
    };
  }

  /** Averaged over workloads, clients and popularity, which reads and writes share. */
  #staleReads(design: Design, place: Place, partial: boolean): number {
    const { workloads } = this.#scene.inputs;
    const reads = sumOf(workloads, (workload) => workload.readsPerSec.value);
    return sumOf(workloads, (workload) => {
      const clients = clientShares(this.#scene, workload);
      const staleFor = (client: number) => {
        const windowSec = partial
          ? this.#quorumWindowSec(design, place)
          : sumOf(clients, (writer) => writer.weight * this.#lagSec(design, { writer: writer.site, reader: client }));
        return this.#staleIn(workload, windowSec);
      };
      const stale = sumOf(clients, (client) => client.weight * staleFor(client.site));
      return reads === 0 ? 0 : (workload.readsPerSec.value / reads) * stale;
    });
  }

  /** From the node that takes a writer's write to the one that a reader asks; none when they are the same. */
  #lagSec(design: Design, sites: { readonly writer: number; readonly reader: number }): number {
    const place = this.#scene.place(design);
    const from = entryNode(this.#scene, design, sites.writer);
    const to = at(readSources(this.#scene, design, sites.reader), 0);
    return from === to ? 0 : at(nodeDistances(topologyOf(this.#scene, place), from), to) / 2 + diskWriteSec(place);
  }

  /** P(a write of the object asked for came within the window before the read): sum p (1 - exp(-p x)) for x writes. */
  #staleIn(workload: Workload, windowSec: number): number {
    const writes = workload.writesPerSec.value * windowSec;
    if (writes < fewWrites) return writes * this.#collisionMass(workload);
    const key = ['lag', popularityKey(workload), writes].join();
    const of = (share: number) => staleReadProbability({ writeRatePerSec: share, lagSec: writes, kind: 'fixed' }).value;
    return this.#known.get(key, () =>
      sumOf(this.#popularityOf(workload), (each) => each.count * each.share * of(each.share)),
    );
  }

  /** Sum of p^2: the chance that two requests are for one object. */
  #collisionMass(workload: Workload): number {
    return this.#known.get(`mass ${popularityKey(workload)}`, () =>
      sumOf(this.#popularityOf(workload), (each) => each.count * each.share ** 2),
    );
  }

  #popularityOf(workload: Workload): readonly PopularityClass[] {
    return this.#popularities.get(popularityKey(workload), () =>
      zipfPopularity(Math.round(workload.objects.value), workload.zipfAlpha.value),
    );
  }

  /** By WARS, with the links between clients and members as every leg. */
  #quorumWindowSec(design: Design, place: Place): number {
    const key = ['wars', ascending(place.nodeSites).join('/'), design.readQuorum, design.writeQuorum].join();
    const legs = this.#legs(place);
    const dists = { writeDist: legs, ackDist: legs, readDist: legs, respDist: legs };
    const quorums = { n: place.nodes.length, r: design.readQuorum, w: design.writeQuorum };
    return this.#known.get(key, () => warsStaleWindow({ ...quorums, ...dists, minTrials: warsTrials }));
  }

  /** One way between a client and a random member: a mixture over the links, in seconds. */
  #legs(place: Place): Dist {
    const clients = this.#scene.inputs.workloads.flatMap((workload) => workload.clients);
    const parts = clients.flatMap((client) =>
      place.nodes.map((node) => ({
        weight: client.weight,
        dist: this.#scene.link(client.site, node.site).oneWaySec.value,
      })),
    );
    return { type: 'mix', parts };
  }

  #conflicts(place: Place, lagSec: number): number {
    const sites = new Set(place.nodes.map((node) => node.site));
    return sumOf(this.#scene.inputs.workloads, (workload) => {
      const inSites = workload.clients.filter((client) => sites.has(client.site));
      const total = sum(workload.clients.map((client) => client.weight));
      const rates = inSites.map((client) => (workload.writesPerSec.value * client.weight) / total);
      const key = ['conflicts', workload.objects.value, workload.zipfAlpha.value, rates.join('/'), lagSec].join();
      const input = { keys: workload.objects.value, alpha: workload.zipfAlpha.value, siteWriteRates: rates, lagSec };
      return this.#known.get(key, () => writeConflicts(input).conflictPairsPerSec);
    });
  }

  #recovery(design: Design, lagSec: number): { readonly rpoSec: number; readonly rtoSec: number } {
    const { store, workloads } = this.#scene.inputs;
    const single = new Set(this.#scene.place(design).nodeSites).size === 1;
    const acknowledgedAlone = writersOf(design) === 1 && design.placement.length > 1;
    const { rpoSec, rtoSec } = rpoRto({
      mode: acknowledgedAlone && !single ? 'async' : 'sync',
      lagSec,
      writeBps: sumOf(workloads, (workload) => workload.writesPerSec.value * workload.objectBytes.value),
      writesPerSec: sumOf(workloads, (workload) => workload.writesPerSec.value),
      detectSec: 0,
      electSec: store.failoverSec.value,
      redirectSec: store.redirectSec.value,
      backlogBytes: 0,
      applyBps: 1,
    });
    return { rpoSec, rtoSec: single ? Number.POSITIVE_INFINITY : rtoSec };
  }
}

function popularityKey(workload: Workload): string {
  return `${workload.objects.value} ${workload.zipfAlpha.value}`;
}

function topologyOf(scene: Scene, place: Place) {
  return { rttSec: scene.rttSec, nodeSites: place.nodeSites, clientSite: 0 };
}

function diskWriteSec(place: Place): number {
  return mean(place.nodes.map((node) => distMean(node.diskWriteSec.value)));
}

/** From the commit until the farthest copy has it: half a round trip and a disk write. */
function farthestLagSec(scene: Scene, place: Place, design: Design): number {
  const sources = design.mode === 'multi-primary' ? range(place.nodes.length) : [place.leader];
  const farthest = Math.max(...sources.flatMap((node) => nodeDistances(topologyOf(scene, place), node)));
  return farthest / 2 + diskWriteSec(place);
}
