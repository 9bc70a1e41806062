/** Why: the whole distribution of a write and of a read, link by link, so that percentiles come from sums and not from adding percentiles. */
import { unreachable } from '../../base/assert.ts';
import { majority } from '../formulas/protocol-latency.ts';
import { type Design, protocolOf } from '../model/design.ts';
import type { PlannedNode, Workload } from '../model/inputs.ts';
import { at, range } from '../numeric/lists.ts';
import { blocksOf, byDistance, clientShares, entryNode, fragmentBytes, readSources } from './access.ts';
import {
  type Grid,
  gridMean,
  gridOf,
  hedged,
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

/** Sites of the client and of the node that it talks to. */
type Route = { readonly direction: 'up' | 'down'; readonly from: number; readonly to: number };

const overLink = { up: sentInTurn, down: receivedInTurn };

export class Latencies {
  readonly #scene: Scene;
  readonly #known = new Memo<Grid>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Of an object's write, from the request to its acknowledgement, from each of the workload's client sites. */
  write(design: Design, workload: Workload, loads: Loads): WeightedGrid[] {
    const clients = clientShares(this.#scene, workload);
    return clients.map(({ site, weight }) => ({ weight, grid: this.#writeFrom(site, design, workload, loads) }));
  }

  /** Of an object's read that the cache does not answer. */
  miss(design: Design, workload: Workload, loads: Loads): WeightedGrid[] {
    const clients = clientShares(this.#scene, workload);
    return clients.map(({ site, weight }) => ({ weight, grid: this.#missFrom(site, design, workload, loads) }));
  }

  hit(): Grid {
    return this.#known.get('hit', () => gridOf(this.#scene.inputs.store.cacheHitSec.value));
  }

  #writeFrom(client: number, design: Design, workload: Workload, loads: Loads): Grid {
    const place = this.#scene.place(design);
    const kind = [design.mode, design.writeQuorum];
    return this.#known.get(['write', ...kind, ...whole(client, design, place, workload, loads)].join(), () => {
      const block = this.#blockWrite(client, design, workload, loads);
      const entry = at(place.nodeSites, entryNode(this.#scene, design, place, client));
      const moved = this.#allBlocks(block, { direction: 'up', from: client, to: entry }, design, workload);
      return plus(moved, design.mode === 'copyset' ? this.#requestAndCommit() : this.#request());
    });
  }

  #missFrom(client: number, design: Design, workload: Workload, loads: Loads): Grid {
    const place = this.#scene.place(design);
    const kind = [design.readLevel, design.readQuorum, design.ec?.k ?? 1, design.hedgeDelaySec ?? ''];
    return this.#known.get(['read', ...kind, ...whole(client, design, place, workload, loads)].join(), () => {
      const block = this.#blockRead(client, design, workload, loads);
      const source = at(place.nodeSites, at(readSources(this.#scene, design, place, client), 0));
      return plus(
        this.#allBlocks(block, { direction: 'down', from: source, to: client }, design, workload),
        this.#request(),
      );
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
  #allBlocks(block: Grid, route: Route, design: Design, workload: Workload): Grid {
    const { perBlockSec, blocksInFlight } = this.#scene.inputs.store;
    const blocks = blocksOf(design, workload);
    const together = Math.min(blocks, blocksInFlight.value);
    const moving = workload.objectBytes.value / blocks / this.#scene.bandwidthBps(route.from, route.to);
    const onLinkSec = moving + perBlockSec.value;
    const before = (blocks - together) * Math.max(onLinkSec, gridMean(block) / together);
    return shifted(overLink[route.direction](block, together, onLinkSec), before);
  }

  /** Round trip to a node and its disk, the queue in front of it included. */
  #answer(from: number, node: PlannedNode, disk: 'write' | 'read' | 'none', bytes: number, loads: Loads): Grid {
    const site = this.#scene.siteIndex(node.site);
    return plus(this.#scene.roundTrip(from, site), this.#disk(node, disk, bytes, loads));
  }

  #disk(node: PlannedNode, disk: 'write' | 'read' | 'none', bytes: number, loads: Loads): Grid {
    if (disk === 'none') return pointGrid(0);
    const load = at(loads.sites, this.#scene.siteIndex(node.site));
    const key = ['disk', node.id, disk, bytes, load.waiting, load.waitSec].join();
    return this.#known.get(key, () => {
      const reach = gridOf((disk === 'write' ? node.diskWriteSec : node.diskReadSec).value);
      return shifted(queued(reach, load.waiting, load.waitSec), bytes / node.diskBps.value);
    });
  }

  #blockWrite(client: number, design: Design, workload: Workload, loads: Loads): Grid {
    const place = this.#scene.place(design);
    const bytes = fragmentBytes(design, workload);
    const entry = entryNode(this.#scene, design, place, client);
    const arrive = this.#scene.roundTrip(client, at(place.nodeSites, entry));
    const own = () => this.#disk(at(place.nodes, entry), 'write', bytes, loads);
    const round = () => kthOf(this.#fromNode(place, entry, bytes, loads), design.writeQuorum);
    const mode = protocolOf(design.mode);
    switch (mode) {
      case 'raft':
      case 'multipaxos':
      case 'primary-sync':
        return plus(arrive, round());
      case 'paxos':
        return sumOfGrids([arrive, round(), round()]);
      case 'primary-async':
      case 'multi-primary':
        return plus(arrive, own());
      case 'quorum':
        return this.#fanOut(client, design, place, bytes, loads);
      case 'chain':
        return this.#chain(client, place, bytes, loads);
      default:
        return unreachable(mode);
    }
  }

  /** Answers of all nodes to one of them, its own without a network. */
  #fromNode(place: Place, from: number, bytes: number, loads: Loads): Grid[] {
    const site = at(place.nodeSites, from);
    return place.nodes.map((node, index) =>
      index === from ? this.#disk(node, 'write', bytes, loads) : this.#answer(site, node, 'write', bytes, loads),
    );
  }

  #fanOut(client: number, design: Design, place: Place, bytes: number, loads: Loads): Grid {
    const answers = place.nodes.map((node) => this.#answer(client, node, 'write', bytes, loads));
    const patience = design.mode === 'copyset' ? this.#scene.inputs.store.stragglerSec.value : 0;
    return kthThenAll(answers, design.writeQuorum, patience);
  }

  #chain(client: number, place: Place, bytes: number, loads: Loads): Grid {
    const last = place.nodes.length - 1;
    const hops = range(last).map((index) =>
      this.#scene.oneWay(at(place.nodeSites, index), at(place.nodeSites, index + 1)),
    );
    const ends = [at(place.nodeSites, 0), at(place.nodeSites, last)].map((site) => this.#scene.oneWay(client, site));
    return sumOfGrids([...ends, ...hops, ...place.nodes.map((node) => this.#disk(node, 'write', bytes, loads))]);
  }

  #blockRead(client: number, design: Design, workload: Workload, loads: Loads): Grid {
    const place = this.#scene.place(design);
    const bytes = fragmentBytes(design, workload);
    const answer = (node: number) => this.#answer(client, at(place.nodes, node), 'read', bytes, loads);
    if (design.ec !== undefined) return kthOf(range(place.nodes.length).map(answer), design.ec.k);
    switch (design.readLevel) {
      case 'lease':
        return answer(place.leader);
      case 'readindex':
        return plus(answer(place.leader), this.#confirmLeader(place));
      case 'quorum':
        return kthOf(range(place.nodes.length).map(answer), design.readQuorum);
      case 'local':
        return this.#nearestHedged(client, design, place, answer);
      case 'tail':
        return answer(place.nodes.length - 1);
      default:
        return unreachable(design.readLevel);
    }
  }

  /** A majority says that the leader still leads. */
  #confirmLeader(place: Place): Grid {
    const site = at(place.nodeSites, place.leader);
    const trips = place.nodeSites.map((other, node) =>
      node === place.leader ? pointGrid(0) : this.#scene.roundTrip(site, other),
    );
    return kthOf(trips, majority(trips.length));
  }

  #nearestHedged(client: number, design: Design, place: Place, answer: (node: number) => Grid): Grid {
    const [first, second] = byDistance(this.#scene, place, client);
    const nearest = answer(first ?? 0);
    if (design.hedgeDelaySec === undefined || second === undefined) return nearest;
    return hedged(nearest, answer(second), design.hedgeDelaySec);
  }
}

/** What an object's time depends on besides the protocol. Designs whose nodes wait alike share it; load.ts rounds so that many do. */
function whole(client: number, design: Design, place: Place, workload: Workload, loads: Loads) {
  const waits = (site: number) => `${at(loads.sites, site).waiting} ${at(loads.sites, site).waitSec}`;
  return [
    client,
    place.key,
    fragmentBytes(design, workload),
    workload.objectBytes.value,
    place.nodeSites.map(waits).join('/'),
  ];
}
