/** Why: the simulated system itself: links that delay, disks that queue, caches that evict, replicas that lag. */

import { type Sampler, sampler } from '../distribution.ts';
import { entryNode, fragmentBytes, readSources } from '../evaluate/access.ts';
import type { Place, Scene } from '../evaluate/scene.ts';
import { majority } from '../formulas/protocol-latency.ts';
import { type Design, protocolOf, writersOf } from '../model/design.ts';
import type { Workload } from '../model/inputs.ts';
import { at, range } from '../numeric/lists.ts';
import type { EventQueue } from './events.ts';
import { Server } from './server.ts';
import type { Streams } from './streams.ts';

type Done = () => void;

export type WriteOutcome = { readonly acknowledged: Done; readonly applied: (node: number) => void };

type Asked = {
  readonly nodes: readonly number[];
  readonly needed: number;
  readonly done: (seen: readonly number[]) => void;
};

type SimulatedNode = {
  readonly site: number;
  readonly server: Server;
  readonly write: Sampler;
  readonly read: Sampler;
  readonly bps: number;
};

/** Bytes and messages so far, for the traffic figures. */
export type TrafficCount = { messages: number; bytes: number; crossSiteBytes: number };

export class Cluster {
  readonly traffic: TrafficCount = { messages: 0, bytes: 0, crossSiteBytes: 0 };
  readonly #events: EventQueue;
  readonly #scene: Scene;
  readonly #design: Design;
  readonly #place: Place;
  readonly #nodes: readonly SimulatedNode[];
  readonly #ways = new Map<string, Sampler>();
  readonly #streams: Streams;
  readonly #headerBytes: number;
  readonly #ackBytes: number;

  constructor(events: EventQueue, scene: Scene, design: Design, streams: Streams) {
    this.#events = events;
    this.#scene = scene;
    this.#design = design;
    this.#place = scene.place(design);
    this.#streams = streams;
    this.#headerBytes = scene.inputs.store.headerBytes.value;
    this.#ackBytes = scene.inputs.store.ackBytes.value;
    this.#nodes = this.#place.nodes.map((node, index) => ({
      site: at(this.#place.nodeSites, index),
      server: new Server(events, Math.max(1, Math.round(node.ioDepth.value))),
      write: sampler(node.diskWriteSec.value, streams(`write ${index}`)),
      read: sampler(node.diskReadSec.value, streams(`read ${index}`)),
      bps: node.diskBps.value,
    }));
  }

  /** A message between sites: `then` happens when it has arrived. */
  send(from: number, to: number, bytes: number, then: Done): void {
    this.traffic.messages += 1;
    this.traffic.bytes += bytes;
    if (from !== to) this.traffic.crossSiteBytes += bytes;
    this.#events.after(this.#delay(from, to), then);
  }

  #delay(from: number, to: number): number {
    const key = `${from} ${to}`;
    const known =
      this.#ways.get(key) ??
      sampler(
        this.#scene.link(this.#scene.site(from).id, this.#scene.site(to).id).oneWaySec.value,
        this.#streams(`way ${key}`),
      );
    this.#ways.set(key, known);
    return known();
  }

  #disk(index: number, kind: 'write' | 'read', bytes: number, done: Done): void {
    const node = at(this.#nodes, index);
    node.server.serve(node[kind]() + bytes / node.bps, done);
  }

  /** Sends a payload from a site to a node's disk and the acknowledgement back. */
  #store(from: number, index: number, bytes: number, done: Done): void {
    const { site } = at(this.#nodes, index);
    this.send(from, site, bytes + this.#headerBytes, () =>
      this.#disk(index, 'write', bytes, () => this.send(site, from, this.#ackBytes, done)),
    );
  }

  /** One block of a client's write; `acknowledged` once, `applied` for each node that has it durable. */
  write(client: number, workload: Workload, outcome: WriteOutcome): void {
    const bytes = fragmentBytes(this.#design, workload);
    const mode = protocolOf(this.#design.mode);
    if (mode === 'quorum') this.#gather(client, bytes, outcome);
    else if (mode === 'chain') this.#alongChain(client, bytes, outcome);
    else this.#viaEntry(client, bytes, outcome, mode === 'paxos');
  }

  /** From a site to all nodes; acknowledged at the quorum-th answer. */
  #gather(from: number, bytes: number, { acknowledged, applied }: WriteOutcome): void {
    let answers = 0;
    for (const index of range(this.#nodes.length)) {
      this.#store(from, index, bytes, () => {
        applied(index);
        answers += 1;
        if (answers === this.#design.writeQuorum) acknowledged();
      });
    }
  }

  /** To the node that takes the client's writes, from there to all; `prepared`: a round without payload comes first. */
  #viaEntry(client: number, bytes: number, { acknowledged, applied }: WriteOutcome, prepared: boolean): void {
    const entry = entryNode(this.#scene, this.#design, this.#place, client);
    const { site } = at(this.#nodes, entry);
    const reply = () => this.send(site, client, this.#ackBytes, acknowledged);
    const accept = () => this.#round(entry, bytes, { acknowledged: reply, applied });
    const prepare = () => this.#round(entry, 0, { acknowledged: accept, applied: () => undefined });
    this.send(client, site, bytes + this.#headerBytes, prepared ? prepare : accept);
  }

  /** A node stores by itself and at all others. Where one copy is enough, it is the node's own. */
  #round(entry: number, bytes: number, { acknowledged, applied }: WriteOutcome): void {
    const { site } = at(this.#nodes, entry);
    const needed = writersOf(this.#design);
    let answers = 0;
    const answered = (index: number) => {
      applied(index);
      if (needed === 1 && index !== entry) return;
      answers += 1;
      if (answers === needed) acknowledged();
    };
    this.#disk(entry, 'write', bytes, () => answered(entry));
    for (const index of range(this.#nodes.length)) {
      if (index !== entry) this.#store(site, index, bytes, () => answered(index));
    }
  }

  #alongChain(client: number, bytes: number, { acknowledged, applied }: WriteOutcome): void {
    const stepTo = (index: number, from: number) => {
      const node = this.#nodes[index];
      if (node === undefined) {
        this.send(from, client, this.#ackBytes, acknowledged);
        return;
      }
      const stored = () => {
        applied(index);
        stepTo(index + 1, node.site);
      };
      this.send(from, node.site, bytes + this.#headerBytes, () => this.#disk(index, 'write', bytes, stored));
    };
    stepTo(0, client);
  }

  /** One block of a client's read; tells which nodes' states it saw. */
  read(client: number, workload: Workload, done: (seen: readonly number[]) => void): void {
    const { readLevel, readQuorum, ec } = this.#design;
    const bytes = fragmentBytes(this.#design, workload);
    const all = range(this.#nodes.length);
    const confirmed = (seen: readonly number[]) => this.#confirm(() => done(seen));
    if (ec !== undefined) this.#fetch(client, bytes, { nodes: all, needed: ec.k, done });
    else if (readLevel === 'quorum') this.#fetch(client, bytes, { nodes: all, needed: readQuorum, done });
    else {
      const nodes = readSources(this.#scene, this.#design, this.#place, client);
      this.#fetch(client, bytes, { nodes, needed: 1, done: readLevel === 'readindex' ? confirmed : done });
    }
  }

  /** Asks the given nodes and is done at the needed-th answer. */
  #fetch(client: number, bytes: number, ask: Asked): void {
    const seen: number[] = [];
    const answered = (index: number) => {
      seen.push(index);
      if (seen.length === ask.needed) ask.done(seen);
    };
    for (const index of ask.nodes) {
      const { site } = at(this.#nodes, index);
      const reply = () => this.send(site, client, bytes, () => answered(index));
      this.send(client, site, this.#headerBytes, () => this.#disk(index, 'read', bytes, reply));
    }
  }

  /** A majority, the leader among it, says that it still leads. */
  #confirm(done: Done): void {
    const { leader } = this.#place;
    const { site } = at(this.#nodes, leader);
    let answers = 1;
    const answered = () => {
      answers += 1;
      if (answers === majority(this.#nodes.length)) done();
    };
    if (this.#nodes.length === 1) done();
    for (const index of range(this.#nodes.length)) {
      const other = at(this.#nodes, index);
      if (index !== leader)
        this.send(site, other.site, this.#ackBytes, () => this.send(other.site, site, this.#ackBytes, answered));
    }
  }
}
