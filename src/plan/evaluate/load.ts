/** Why: the busiest node limits everything, and a node that is half busy already makes others wait. */
import { mean as distMean, secondMoment } from '../distribution.ts';
import { allenCunneen, mmc } from '../formulas/queue.ts';
import type { Design } from '../model/design.ts';
import type { PlannedNode, Workload } from '../model/inputs.ts';
import { at, sum, sumOf } from '../numeric/lists.ts';
import { mean } from '../numeric/statistics.ts';
import { blocksOf, clientShares, entryNode, fragmentBytes, readSources } from './access.ts';
import type { Scene } from './scene.ts';

/** Of the average node of one site. */
export type SiteLoad = {
  readonly utilisation: number;
  /** P(a block waits), and for how long those that do wait on average. */
  readonly waiting: number;
  readonly waitSec: number;
};

export type Loads = { readonly sites: readonly SiteLoad[]; readonly busiest: number };

const idle: SiteLoad = { utilisation: 0, waiting: 0, waitSec: 0 };

/** Beyond this a design is refused: waits have no end that anybody could plan with. */
export const maxUtilisation = 0.95;

const rareWait = 1e-4;

type Work = { readonly perSec: number; readonly diskSec: number; readonly diskSec2: number; readonly bytes: number };

/** Load by site. Copysets rotate over the nodes of a site, so each carries an equal share. */
export function loadsOf(scene: Scene, design: Design, hits: readonly number[]): Loads {
  const { pool } = scene.place(design);
  const sites = scene.inputs.sites.map((site, index) => {
    const nodes = pool.filter((node) => node.site === site.id);
    if (nodes.length === 0) return { load: idle, network: 0 };
    const work = scene.inputs.workloads.flatMap((workload, number) =>
      workAt(scene, { design, workload, index, nodes, hit: at(hits, number) }),
    );
    const bytesPerSec = sumOf(work, (each) => each.perSec * each.bytes);
    return { load: siteLoad(nodes, work), network: bytesPerSec / meanOf(nodes, (node) => node.netBps.value) };
  });
  const busiest = Math.max(...sites.map(({ load, network }) => Math.max(load.utilisation, network)));
  return { sites: sites.map(({ load }) => load), busiest };
}

function meanOf(nodes: readonly PlannedNode[], value: (node: PlannedNode) => number): number {
  return mean(nodes.map(value));
}

type At = {
  readonly design: Design;
  readonly workload: Workload;
  /** Of the site, and its nodes in the pool. */
  readonly index: number;
  readonly nodes: readonly PlannedNode[];
  readonly hit: number;
};

/** Blocks per second that one node of the site writes, forwards and reads for a workload. */
function workAt(scene: Scene, { design, workload, index, nodes, hit }: At): Work[] {
  const { nodeSites } = scene.place(design);
  const blocks = blocksOf(design, workload);
  const bytes = fragmentBytes(design, workload);
  const clients = clientShares(scene, workload);
  const isHere = (node: number) => at(nodeSites, node) === index;
  const readers = sumOf(clients, ({ site, weight }) => weight * readSources(scene, design, site).filter(isHere).length);
  const leading = sumOf(clients, ({ site, weight }) => (isHere(entryNode(scene, design, site)) ? weight : 0));
  const writesPerSec = (workload.writesPerSec.value * blocks) / nodes.length;
  const missesPerSec = (workload.readsPerSec.value * (1 - hit) * blocks) / nodes.length;
  const members = nodeSites.filter((site) => site === index).length;
  const forwarded = leads(design) ? leading * (nodeSites.length - 1) * bytes : 0;
  return [
    diskWork(nodes, 'diskWriteSec', { perSec: writesPerSec * members, bytes }),
    { perSec: writesPerSec, diskSec: 0, diskSec2: 0, bytes: forwarded },
    diskWork(nodes, 'diskReadSec', { perSec: missesPerSec * readers, bytes }),
  ];
}

/** Where one node sends the payload on to all others. */
function leads(design: Design): boolean {
  return design.mode !== 'copyset' && design.mode !== 'quorum' && design.mode !== 'chain';
}

type Stream = { readonly perSec: number; readonly bytes: number };

function diskWork(nodes: readonly PlannedNode[], kind: 'diskWriteSec' | 'diskReadSec', stream: Stream): Work {
  const moving = stream.bytes / meanOf(nodes, (node) => node.diskBps.value);
  const reach = meanOf(nodes, (node) => distMean(node[kind].value));
  const reach2 = meanOf(nodes, (node) => secondMoment(node[kind].value));
  return { ...stream, diskSec: reach + moving, diskSec2: reach2 + 2 * reach * moving + moving ** 2 };
}

/** An M/G/c queue per node (Allen and Cunneen) for the mixed stream of reads and writes. */
function siteLoad(nodes: readonly PlannedNode[], all: readonly Work[]): SiteLoad {
  const stream = all.filter((each) => each.diskSec > 0);
  const perSec = sum(stream.map((each) => each.perSec));
  if (perSec === 0) return idle;
  const serviceSec = sumOf(stream, (each) => each.perSec * each.diskSec) / perSec;
  const service2 = sumOf(stream, (each) => each.perSec * each.diskSec2) / perSec;
  const servers = Math.max(1, Math.round(meanOf(nodes, (node) => node.ioDepth.value)));
  const { utilisation, probWait } = mmc({ lambdaPerSec: perSec, muPerSec: 1 / serviceSec, servers });
  if (utilisation >= maxUtilisation) return { utilisation, waiting: 1, waitSec: Number.POSITIVE_INFINITY };
  const cs2 = Math.max(0, service2 / serviceSec ** 2 - 1);
  const { meanWaitSec } = allenCunneen({ lambdaPerSec: perSec, meanServiceSec: serviceSec, servers, ca2: 1, cs2 });
  if (probWait < rareWait) return { utilisation, waiting: 0, waitSec: 0 };
  return { utilisation, waiting: rounded(probWait), waitSec: rounded(meanWaitSec / probWait) };
}

/** To two digits: nobody can tell such waits apart, and equal ones are computed once. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
