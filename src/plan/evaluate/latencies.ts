/**
 * Why: the whole distribution of a write and of a read, link by link, so that percentiles come from sums and not from
 * adding percentiles.
 */
import { unreachable } from '../../base/assert.ts';
import { majority } from '../formulas/protocol-latency.ts';
import { type Design, protocolOf } from '../model/design.ts';
import type { PlannedNode, Workload } from '../model/inputs.ts';
import { at, range } from '../numeric/lists.ts';
import { blocksOf, byDistance, clientShares, entryNode, fragmentBytes, readSources } from './access.ts';
import {
  afterEarlier,
  type Grid,
  gridMean,
  gridOf,
  hedged,
  inChains,
  kthOf,
  kthThenAll,
  plus,
  pointGrid,
  queued,
  receivedInTurn,
  sentInTurn,
  shifted,
  sumOfGrids,
  type WeightedGrid,
} from './grid.ts';
import type { Loads } from './load.ts';
import { Memo } from './memo.ts';
import type { Place, Scene } from './scene.ts';

/** A design at work: what every block of a workload's objects meets. */
type Setting = {
  readonly design: Design;
  readonly workload: Workload;
  readonly loads: Loads;
  readonly place: Place;
  /** That one node stores of one block. */
  readonly bytes: number;
  readonly key: string;
};

type DiskKind = 'diskWriteSec' | 'diskReadSec';

/** From a site to a node of the place. */
type Trip = readonly [site: number, node: number];

/** Sites of the sender and of the receiver of an object's bytes. */
type Route = { readonly direction: 'up' | 'down'; readonly from: number; readonly to: number };

const overLink = { up: sentInTurn, down: receivedInTurn };

/** Of a block's delay: a link that takes no longer keeps nobody waiting. */
const negligibleShare = 0.02;

export class Latencies {
  readonly #scene: Scene;
  readonly #known = new Memo<Grid>();
  readonly #likenesses = {
    diskWriteSec: new WeakMap<PlannedNode, string>(),
    diskReadSec: new WeakMap<PlannedNode, string>(),
  };

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Of an object's write, from the request to its acknowledgement, from each of the workload's client sites. */
  write(design: Design, workload: Workload, loads: Loads): WeightedGrid[] {
    const setting = this.#settingOf(design, workload, loads);
    const clients = clientShares(this.#scene, workload);
    return clients.map(({ site, weight }) => ({ weight, grid: this.#writeFrom(site, setting) }));
  }

  /** Of an object's read that the cache does not answer. */
  miss(design: Design, workload: Workload, loads: Loads): WeightedGrid[] {
    const setting = this.#settingOf(design, workload, loads);
    const clients = clientShares(this.#scene, workload);
    return clients.map(({ site, weight }) => ({ weight, grid: this.#missFrom(site, setting) }));
  }

  hit(): Grid {
    return this.#known.get('hit', () => gridOf(this.#scene.inputs.store.cacheHitSec.value));
  }

  /** Designs whose nodes wait alike share their grids; load.ts rounds so that many do. */
  #settingOf(design: Design, workload: Workload, loads: Loads): Setting {
    const place = this.#scene.place(design);
    const bytes = fragmentBytes(design, workload);
    const waits = place.nodeSites.map((site) => `${at(loads.sites, site).waiting} ${at(loads.sites, site).waitSec}`);
    const key = [place.key, bytes, workload.objectBytes.value, ...waits].join('/');
    return { design, workload, loads, place, bytes, key };
  }

  #writeFrom(client: number, setting: Setting): Grid {
    const { design, place, key } = setting;
    return this.#known.get(['write', client, design.mode, design.writeQuorum, key].join(), () => {
      const entry = at(place.nodeSites, entryNode(this.#scene, design, client));
      const blocks = this.#allBlocks(
        this.#blockWrite(client, setting),
        { direction: 'up', from: client, to: entry },
        setting,
      );
      return plus(blocks, design.mode === 'copyset' ? this.#requestAndCommit() : this.#request());
    });
  }

  #missFrom(client: number, setting: Setting): Grid {
    const { design, place, key } = setting;
    const kind = [design.readLevel, design.readQuorum, design.ec?.k ?? 1, design.hedgeDelaySec ?? ''];
    return this.#known.get(['read', client, ...kind, key].join(), () => {
      const source = at(place.nodeSites, at(readSources(this.#scene, design, client), 0));
      const route: Route = { direction: 'down', from: source, to: client };
      return plus(this.#allBlocks(this.#blockRead(client, setting), route, setting), this.#request());
    });
  }

  #request(): Grid {
    return this.#known.get('request', () => gridOf(this.#scene.inputs.store.requestSec.value));
  }

  #requestAndCommit(): Grid {
    const { commitSec } = this.#scene.inputs.store;
    return this.#known.get('request and commit', () => plus(this.#request(), gridOf(commitSec.value)));
  }

  /** An object's blocks, as many at once as the store allows, each in turn on the client's link. */
  #allBlocks(block: Grid, route: Route, { design, workload }: Setting): Grid {
    const { perBlockSec, blocksInFlight, writesInFlight } = this.#scene.inputs.store;
    const blocks = blocksOf(design, workload);
    const together = Math.min(blocks, route.direction === 'up' ? writesInFlight.value : blocksInFlight.value);
    const moving = workload.objectBytes.value / blocks / this.#scene.bandwidthBps(route.from, route.to);
    const onLinkSec = moving + perBlockSec.value;
    if (together === 1 || onLinkSec < negligibleShare * gridMean(block))
      return inChains(shifted(block, onLinkSec), blocks, together);
    const everySec = Math.max(onLinkSec, (onLinkSec + gridMean(block)) / together);
    const last = overLink[route.direction](block, together, onLinkSec);
    return shifted(afterEarlier(last, block, { count: blocks - together, everySec }), (blocks - together) * everySec);
  }

  /** Round trip from a site to a node and its disk, the queue in front of it included. */
  #answer([from, node]: Trip, kind: DiskKind, setting: Setting): Grid {
    const { place, loads, bytes } = setting;
    const site = at(place.nodeSites, node);
    const { waiting, waitSec } = at(loads.sites, site);
    const key = ['answer', from, this.#likeness(at(place.nodes, node), kind), waiting, waitSec].join();
    const reached = this.#known.get(key, () =>
      plus(this.#scene.roundTrip(from, site), this.#reach(node, kind, setting)),
    );
    return shifted(reached, bytes / at(place.nodes, node).diskBps.value);
  }

  #disk(node: number, kind: DiskKind, setting: Setting): Grid {
    return shifted(this.#reach(node, kind, setting), setting.bytes / at(setting.place.nodes, node).diskBps.value);
  }

  /** Nodes of one site with equal disks share their grids. */
  #likeness(node: PlannedNode, kind: DiskKind): string {
    const known = this.#likenesses[kind].get(node) ?? `${kind} ${node.site} ${JSON.stringify(node[kind].value)}`;
    this.#likenesses[kind].set(node, known);
    return known;
  }

  /** The queue and the disk, without moving the bytes. */
  #reach(index: number, kind: DiskKind, { place, loads }: Setting): Grid {
    const node = at(place.nodes, index);
    const { waiting, waitSec } = at(loads.sites, at(place.nodeSites, index));
    const key = ['disk', this.#likeness(node, kind), waiting, waitSec].join();
    return this.#known.get(key, () => queued(gridOf(node[kind].value), waiting, waitSec));
  }

  #blockWrite(client: number, setting: Setting): Grid {
    const { design, place } = setting;
    const entry = entryNode(this.#scene, design, client);
    const arrive = this.#scene.roundTrip(client, at(place.nodeSites, entry));
    const round = (sent: Setting) => kthOf(this.#fromNode(entry, sent), design.writeQuorum);
    const mode = protocolOf(design.mode);
    switch (mode) {
      case 'raft':
      case 'multipaxos':
      case 'primary-sync':
        return plus(arrive, round(setting));
      case 'paxos':
        return sumOfGrids([arrive, round({ ...setting, bytes: 0 }), round(setting)]);
      case 'primary-async':
      case 'multi-primary':
        return plus(arrive, this.#disk(entry, 'diskWriteSec', setting));
      case 'quorum':
        return this.#fanOut(client, setting);
      case 'chain':
        return this.#chain(client, setting);
      default:
        return unreachable(mode);
    }
  }

  /** Answers of all nodes to one of them, its own without a network. */
  #fromNode(from: number, setting: Setting): Grid[] {
    const site = at(setting.place.nodeSites, from);
    return setting.place.nodes.map((_, node) =>
      node === from ? this.#disk(node, 'diskWriteSec', setting) : this.#answer([site, node], 'diskWriteSec', setting),
    );
  }

  #fanOut(client: number, setting: Setting): Grid {
    const { design, place } = setting;
    const answers = place.nodes.map((_, node) => this.#answer([client, node], 'diskWriteSec', setting));
    const patience = design.mode === 'copyset' ? this.#scene.inputs.store.stragglerSec.value : 0;
    return kthThenAll(answers, design.writeQuorum, patience);
  }

  #chain(client: number, setting: Setting): Grid {
    const { nodeSites } = setting.place;
    const last = nodeSites.length - 1;
    const hops = range(last).map((index) => this.#scene.oneWay(at(nodeSites, index), at(nodeSites, index + 1)));
    const ends = [at(nodeSites, 0), at(nodeSites, last)].map((site) => this.#scene.oneWay(client, site));
    return sumOfGrids([...ends, ...hops, ...nodeSites.map((_, node) => this.#disk(node, 'diskWriteSec', setting))]);
  }

  #blockRead(client: number, setting: Setting): Grid {
    const { design, place } = setting;
    const answer = (node: number) => this.#answer([client, node], 'diskReadSec', setting);
    if (design.ec !== undefined) return kthOf(range(place.nodes.length).map(answer), design.ec.k);
    switch (design.readLevel) {
      case 'lease':
        return answer(place.leader);
      case 'readindex':
        return plus(answer(place.leader), this.#confirmLeader(place));
      case 'quorum':
        return kthOf(range(place.nodes.length).map(answer), design.readQuorum);
      case 'local':
        return this.#nearestHedged(client, design, answer);
      case 'tail':
        return answer(place.nodes.length - 1);
      default:
        return unreachable(design.readLevel);
    }
  }

  /** A majority says that the leader still leads. */
  #confirmLeader({ nodeSites, leader }: Place): Grid {
    const site = at(nodeSites, leader);
    const trips = nodeSites.map((other, node) => (node === leader ? pointGrid(0) : this.#scene.roundTrip(site, other)));
    return kthOf(trips, majority(trips.length));
  }

  #nearestHedged(client: number, design: Design, answer: (node: number) => Grid): Grid {
    const [first = 0, second] = byDistance(this.#scene, design, client);
    if (design.hedgeDelaySec === undefined || second === undefined) return answer(first);
    return hedged(answer(first), answer(second), design.hedgeDelaySec);
  }
}
