/** Why: the protocols over one copyset, message by message: what is sent, who answers, when it counts. */

import { type Sampler, sampler } from '../distribution.ts';
import { entryNode, fragmentBytes, readSources } from '../evaluate/access.ts';
import type { Place, Scene } from '../evaluate/scene.ts';
import { majority } from '../formulas/protocol-latency.ts';
import { type Design, protocolOf, writersOf } from '../model/design.ts';
import type { PlannedNode, Workload } from '../model/inputs.ts';
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

/** One node of the pool, shared by all copysets that it is in. */
export type SimulatedNode = {
  readonly site: number;
  readonly server: Server;
  readonly write: Sampler;
  readonly read: Sampler;
  readonly bps: number;
};

export function simulatedNode(
  node: PlannedNode,
  events: EventQueue,
  at: { readonly site: number; readonly streams: Streams },
): SimulatedNode {
  return {
    site: at.site,
    server: new Server(events, Math.max(1, Math.round(node.ioDepth.value))),
    write: sampler(node.diskWriteSec.value, at.streams(`write ${node.id}`)),
    read: sampler(node.diskReadSec.value, at.streams(`read ${node.id}`)),
    bps: node.diskBps.value,
  };
}

export type CopysetOptions = {
  readonly scene: Scene;
  readonly design: Design;
  /** In the sites of the design's placement, in its order. */
  readonly nodes: readonly SimulatedNode[];
};

/** From a site to a node. */
type Trip = readonly [site: number, node: number];

/** What the writes have sent so far. */
export type TrafficCount = { messages: number; bytes: number };

/** Between sites. */
type Message = { readonly from: number; readonly to: number; readonly bytes: number };

/** For one node: what its disk does, with how many bytes. */
type DiskWork = { readonly node: number; readonly kind: 'write' | 'read'; readonly bytes: number };

export class CopysetRun {
  readonly written: TrafficCount = { messages: 0, bytes: 0 };
  readonly #events: EventQueue;
  readonly #scene: Scene;
  readonly #design: Design;
  readonly #place: Place;
  readonly #nodes: readonly SimulatedNode[];
  readonly #ways = new Map<string, Sampler>();
  readonly #streams: Streams;
  readonly #headerBytes: number;
  readonly #ackBytes: number;

  constructor(events: EventQueue, streams: Streams, { scene, design, nodes }: CopysetOptions) {
    this.#events = events;
    this.#scene = scene;
    this.#design = design;
    this.#place = scene.place(design);
    this.#streams = streams;
    this.#headerBytes = scene.inputs.store.headerBytes.value;
    this.#ackBytes = scene.inputs.store.ackBytes.value;
    this.#nodes = nodes;
  }

  /** `then` happens when the message has arrived. */
  #send({ from, to }: Message, then: Done): void {
    const key = `${from} ${to}`;
    const link = this.#scene.link(this.#scene.site(from).id, this.#scene.site(to).id);
    const delay = this.#ways.get(key) ?? sampler(link.oneWaySec.value, this.#streams(`way ${key}`));
    this.#ways.set(key, delay);
    this.#events.after(delay(), then);
  }

  /** As `#send`, counted as the traffic of a write. */
  #ship(message: Message, then: Done): void {
    this.written.messages += 1;
    this.written.bytes += message.bytes;
    this.#send(message, then);
  }

  #disk({ node, kind, bytes }: DiskWork, done: Done): void {
    const { server, bps, ...delays } = at(this.#nodes, node);
    server.serve(delays[kind]() + bytes / bps, done);
  }

  /** Sends a payload from a site to a node's disk and the acknowledgement back. */
  #store([from, node]: Trip, bytes: number, done: Done): void {
    const { site: to } = at(this.#nodes, node);
    const acknowledge = () => this.#ship({ from: to, to: from, bytes: this.#ackBytes }, done);
    const store = () => this.#disk({ node, kind: 'write', bytes }, acknowledge);
    this.#ship({ from, to, bytes: bytes + this.#headerBytes }, store);
  }

  /** One block of a client's write; `acknowledged` once, `applied` for each node that has it durable. */
  write(client: number, workload: Workload, outcome: WriteOutcome): void {
    const bytes = fragmentBytes(this.#design, workload);
    const mode = protocolOf(this.#design.mode);
    if (mode === 'quorum') this.#gather(client, bytes, outcome);
    else if (mode === 'chain') this.#alongChain(client, bytes, outcome);
    else this.#viaEntry(client, bytes, { ...outcome, prepared: mode === 'paxos' });
  }

  /**
   * From a site to all nodes; acknowledged at the quorum-th answer, or as much later as the store waits for stragglers.
   */
  #gather(from: number, bytes: number, { acknowledged, applied }: WriteOutcome): void {
    const patience = this.#design.mode === 'copyset' ? this.#scene.inputs.store.stragglerSec.value : 0;
    let answers = 0;
    let finished = false;
    const finish = () => {
      if (!finished) acknowledged();
      finished = true;
    };
    for (const index of range(this.#nodes.length)) {
      this.#store([from, index], bytes, () => {
        applied(index);
        answers += 1;
        if (answers === this.#nodes.length) finish();
        else if (answers === this.#design.writeQuorum) this.#events.after(patience, finish);
      });
    }
  }

  /** To the node that takes the client's writes, from there to all; `prepared`: a round without payload comes first. */
  #viaEntry(client: number, bytes: number, outcome: WriteOutcome & { readonly prepared: boolean }): void {
    const { acknowledged, applied, prepared } = outcome;
    const entry = entryNode(this.#scene, this.#design, client);
    const { site } = at(this.#nodes, entry);
    const reply = () => this.#ship({ from: site, to: client, bytes: this.#ackBytes }, acknowledged);
    const accept = () => this.#round(entry, bytes, { acknowledged: reply, applied });
    const prepare = () => this.#round(entry, 0, { acknowledged: accept, applied: () => undefined });
    this.#ship({ from: client, to: site, bytes: bytes + this.#headerBytes }, prepared ? prepare : accept);
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
    this.#disk({ node: entry, kind: 'write', bytes }, () => answered(entry));
    for (const index of range(this.#nodes.length)) {
      if (index !== entry) this.#store([site, index], bytes, () => answered(index));
    }
  }

  #alongChain(client: number, bytes: number, { acknowledged, applied }: WriteOutcome): void {
    const stepTo = (index: number, from: number) => {
      const node = this.#nodes[index];
      if (node === undefined) {
        this.#ship({ from, to: client, bytes: this.#ackBytes }, acknowledged);
        return;
      }
      const stored = () => {
        applied(index);
        if (index > 0) this.#ship({ from: node.site, to: from, bytes: this.#ackBytes }, () => undefined);
        stepTo(index + 1, node.site);
      };
      const store = () => this.#disk({ node: index, kind: 'write', bytes }, stored);
      this.#ship({ from, to: node.site, bytes: bytes + this.#headerBytes }, store);
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
      const nodes = readSources(this.#scene, this.#design, client);
      this.#fetch(client, bytes, { nodes, needed: 1, done: readLevel === 'readindex' ? confirmed : done });
    }
  }

  /** Asks the given nodes and is done at the needed-th answer. */
  #fetch(client: number, bytes: number, ask: Asked): void {
    const seen: number[] = [];
    const answered = (node: number) => {
      seen.push(node);
      if (seen.length === ask.needed) ask.done(seen);
    };
    for (const node of ask.nodes) {
      const { site } = at(this.#nodes, node);
      const reply = () => this.#send({ from: site, to: client, bytes }, () => answered(node));
      const read = () => this.#disk({ node, kind: 'read', bytes }, reply);
      this.#send({ from: client, to: site, bytes: this.#headerBytes }, read);
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
      const { site: other } = at(this.#nodes, index);
      const confirm = () => this.#send({ from: other, to: site, bytes: this.#ackBytes }, answered);
      if (index !== leader) this.#send({ from: site, to: other, bytes: this.#ackBytes }, confirm);
    }
  }
}
