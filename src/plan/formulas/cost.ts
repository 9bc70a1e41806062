/** Why: messages, bytes between sites, metadata and money are what a design costs every day. */
import { unreachable } from '../../base/assert.ts';
import { at, range, sum } from '../numeric/lists.ts';
import { bytesPerGB, monthSec } from '../units.ts';
import type { Mode } from './protocol-latency.ts';

/** Sites of sender and receiver. */
export type Message = { readonly from: number; readonly to: number; readonly bytes: number };

export type CommInput = {
  readonly mode: Mode;
  readonly nodeSites: readonly number[];
  readonly clientSite: number;
  readonly sizeBytes: number;
  readonly headerBytes: number;
  readonly ackBytes: number;
  /** Of multi-primary and paxos: the coordinator near the client; the first node of the client's site unless given. */
  readonly leader?: number | null;
  readonly order?: readonly number[];
  /** One payload per remote site, forwarded inside it; acknowledgements stay direct. */
  readonly relay?: boolean;
  /** A fragment of size / k to every node. */
  readonly ec?: { readonly k: number } | null;
};

/** Messages and bytes of one write. */
export function commCost(input: CommInput) {
  const messages = commMessages(input);
  const crossing = messages.filter((message) => message.from !== message.to);
  const bytes = (list: readonly Message[]) => sum(list.map((message) => message.bytes));
  return {
    messages: messages.length,
    bytes: bytes(messages),
    crossSiteMessages: crossing.length,
    crossSiteBytes: bytes(crossing),
  };
}

/** Every message of one write, sites of sender and receiver. */
export function commMessages(input: CommInput): Message[] {
  const { mode } = input;
  switch (mode) {
    case 'raft':
    case 'multipaxos':
    case 'primary-sync':
    case 'primary-async':
      return ledMessages(input, input.leader ?? 0);
    case 'multi-primary':
      return ledMessages(input, coordinator(input));
    case 'paxos':
      return [...prepareMessages(input, coordinator(input)), ...ledMessages(input, coordinator(input))];
    case 'quorum':
      return [
        ...fanOut(input, input.clientSite, input.nodeSites),
        ...acknowledgements(input, input.nodeSites, input.clientSite),
      ];
    case 'chain':
      return chainMessages(input);
    default:
      return unreachable(mode);
  }
}

function coordinator(input: CommInput): number {
  return input.leader ?? Math.max(0, input.nodeSites.indexOf(input.clientSite));
}

function payloadBytes(input: CommInput): number {
  return input.sizeBytes / (input.ec?.k ?? 1) + input.headerBytes;
}

/** Payloads from one site to nodes in the given sites. */
function fanOut(input: CommInput, from: number, targets: readonly number[]): Message[] {
  const bytes = payloadBytes(input);
  return targets.map((to, index) => {
    const forwarded = input.relay === true && to !== from && targets.indexOf(to) !== index;
    return { from: forwarded ? to : from, to, bytes };
  });
}

function acknowledgements(input: CommInput, sources: readonly number[], to: number): Message[] {
  return sources.map((from) => ({ from, to, bytes: input.ackBytes }));
}

function followerSites(input: CommInput, leader: number): number[] {
  return input.nodeSites.filter((_, node) => node !== leader);
}

/** client -> leader -> followers -> leader -> client: 2n messages. */
function ledMessages(input: CommInput, leader: number): Message[] {
  const site = at(input.nodeSites, leader);
  const followers = followerSites(input, leader);
  return [
    { from: input.clientSite, to: site, bytes: payloadBytes(input) },
    ...fanOut(input, site, followers),
    ...acknowledgements(input, followers, site),
    ...acknowledgements(input, [site], input.clientSite),
  ];
}

/** Paxos without a stable leader: prepare and promise per follower come first. */
function prepareMessages(input: CommInput, proposer: number): Message[] {
  const site = at(input.nodeSites, proposer);
  const followers = followerSites(input, proposer);
  const prepares = followers.map((to) => ({ from: site, to, bytes: input.headerBytes }));
  return [...prepares, ...acknowledgements(input, followers, site)];
}

/** client -> head -> ... -> tail -> client, and an acknowledgement back over every hop. */
function chainMessages(input: CommInput): Message[] {
  const order = input.order ?? range(input.nodeSites.length);
  const sites = order.map((node) => at(input.nodeSites, node));
  const hops = sites.slice(1).map((to, index) => ({ from: at(sites, index), to, bytes: payloadBytes(input) }));
  const back = hops.map((hop) => ({ from: hop.to, to: hop.from, bytes: input.ackBytes }));
  const entry = { from: input.clientSite, to: at(sites, 0), bytes: payloadBytes(input) };
  const reply = { from: at(sites, sites.length - 1), to: input.clientSite, bytes: input.ackBytes };
  return [entry, ...hops, ...back, reply];
}

/** Catalog entries and bytes for data cut into blocks. */
export function metadataCost(input: {
  readonly totalBytes: number;
  readonly blockBytes: number;
  readonly entryBytes: number;
  readonly perReplicaBytes: number;
  readonly replicas: number;
  readonly metadataReplicas: number;
}) {
  const entries = Math.ceil(input.totalBytes / input.blockBytes);
  const perEntry = input.entryBytes + input.replicas * input.perReplicaBytes;
  return { entries, bytes: entries * perEntry * input.metadataReplicas };
}

/** USD per month of traffic between sites and of stored bytes. */
export function money(input: {
  readonly crossSiteBps: number;
  readonly egressUsdPerGB: number;
  readonly logicalBytes: number;
  readonly storageOverhead: number;
  readonly storageUsdPerGBMonth: number;
}) {
  const egressUsdPerMonth = ((input.crossSiteBps * monthSec) / bytesPerGB) * input.egressUsdPerGB;
  const storageUsdPerMonth = ((input.logicalBytes * input.storageOverhead) / bytesPerGB) * input.storageUsdPerGBMonth;
  return { egressUsdPerMonth, storageUsdPerMonth, totalUsdPerMonth: egressUsdPerMonth + storageUsdPerMonth };
}
