/** Why: who reads without asking a quorum or the leader may read the past; how likely, and how far back. */
import { type Dist, mean as distMean } from '../distribution.ts';
import { zipfPopularity } from '../formulas/cache.ts';
import { nodeDistances } from '../formulas/protocol-latency.ts';
import { rpoRto, staleReadProbability, writeConflicts } from '../formulas/staleness.ts';
import { warsConsistency } from '../formulas/wars.ts';
import { type Design, writersOf } from '../model/design.ts';
import type { Workload } from '../model/inputs.ts';
import { range, sum, sumOf } from '../numeric/lists.ts';
import { mean } from '../numeric/statistics.ts';
import { Memo } from './memo.ts';
import type { Place, Scene } from './scene.ts';

export type Staleness = {
  readonly staleProbability: number;
  readonly stalenessWindowSec: number;
  readonly conflictsPerSec: number;
  readonly rpoSec: number;
  readonly rtoSec: number;
};

/** Standard error below one point; who needs more runs WARS by itself. */
const warsTrials = 4_000;

export class Freshness {
  readonly #scene: Scene;
  readonly #known = new Memo<number>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  of(design: Design): Staleness {
    const place = this.#scene.place(design);
    const lagSec = replicationLagSec(this.#scene, place, design);
    const partial = design.readLevel === 'quorum' && design.readQuorum + writersOf(design) <= place.nodes.length;
    const stale = design.readLevel === 'local' && design.mode !== 'copyset' ? this.#staleByLag(lagSec) : 0;
    return {
      staleProbability: partial ? this.#staleByQuorum(design, place) : stale,
      stalenessWindowSec: partial || stale > 0 ? lagSec : 0,
      conflictsPerSec: design.mode === 'multi-primary' ? this.#conflicts(place, lagSec) : 0,
      ...this.#recovery(design, lagSec),
    };
  }

  /** P(a write came within the lag before the read), averaged over popularity, which reads and writes share. */
  #staleByLag(lagSec: number): number {
    const { workloads } = this.#scene.inputs;
    const reads = sumOf(workloads, (workload) => workload.readsPerSec.value);
    if (reads === 0) return 0;
    return sumOf(workloads, (workload) => (workload.readsPerSec.value / reads) * this.#staleIn(workload, lagSec));
  }

  #staleIn(workload: Workload, lagSec: number): number {
    const key = ['lag', workload.objects.value, workload.zipfAlpha.value, workload.writesPerSec.value, lagSec].join();
    const of = (share: number) =>
      staleReadProbability({ writeRatePerSec: workload.writesPerSec.value * share, lagSec, kind: 'fixed' }).value;
    return this.#known.get(key, () =>
      sumOf(
        zipfPopularity(workload.objects.value, workload.zipfAlpha.value),
        (each) => each.count * each.share * of(each.share),
      ),
    );
  }

  /** A read right after the commit, by WARS with the mean link of the design as every leg. */
  #staleByQuorum(design: Design, place: Place): number {
    const key = ['wars', place.nodeSites.toSorted(), design.readQuorum, design.writeQuorum].join();
    const legs = this.#legs(place);
    return this.#known.get(key, () => {
      const { consistentProbability } = warsConsistency({
        n: place.nodes.length,
        r: design.readQuorum,
        w: design.writeQuorum,
        writeDist: legs,
        ackDist: legs,
        readDist: legs,
        respDist: legs,
        tMs: 0,
        minTrials: warsTrials,
      });
      return 1 - consistentProbability;
    });
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

/** From the commit until the farthest copy has it: half a round trip and a disk write. */
function replicationLagSec(scene: Scene, place: Place, design: Design): number {
  const topology = { rttSec: scene.rttSec, nodeSites: place.nodeSites, clientSite: 0 };
  const sources = design.mode === 'multi-primary' ? range(place.nodes.length) : [place.leader];
  const farthest = Math.max(...sources.flatMap((node) => nodeDistances(topology, node)));
  const diskSec = mean(place.nodes.map((node) => distMean(node.diskWriteSec.value)));
  return farthest / 2 + diskSec;
}
