/**
 * Why: one fixed composition of the formulas with means only, so that results of different programs can be compared
 * number by number. The product's own evaluation (evaluate.ts) adds distributions, queues, layout and durability.
 */

import { unreachable } from '../../base/assert.ts';
import { docObjective, domainQuorumAvailability } from '../formulas/availability.ts';
import { cheLru } from '../formulas/cache.ts';
import { commCost, money } from '../formulas/cost.ts';
import {
  clientDistances,
  commitLatency,
  type Mode,
  majority,
  nearestNode,
  nodeDistances,
  type ReadLevel,
  type RttMatrix,
  readLatency,
} from '../formulas/protocol-latency.ts';
import { at, range, sumOf } from '../numeric/lists.ts';

export type ReducedConfig = {
  readonly mode: Mode;
  readonly readLevel: ReadLevel;
  readonly leader?: number | null;
  readonly nodes: readonly { readonly site: number; readonly up: number }[];
  readonly writeQuorum?: number | null;
  readonly readQuorum?: number | null;
  readonly blockBytes: number;
  readonly cacheObjects: number;
  readonly relay?: boolean;
};

export type ReducedInputs = {
  readonly sites: readonly { readonly name: string; readonly up: number }[];
  readonly rttSec: RttMatrix;
  readonly diskWriteSec: number;
  readonly diskReadSec: number;
  readonly clients: readonly { readonly site: number; readonly weight: number }[];
  readonly workload: {
    readonly readsPerSec: number;
    readonly writesPerSec: number;
    readonly objectBytes: number;
    readonly objects: number;
    readonly zipfAlpha: number;
  };
  readonly cacheLatencySec: number;
  readonly bandwidthBps: number;
  readonly perBlockSec: number;
  readonly headerBytes: number;
  readonly ackBytes: number;
  readonly egressUsdPerGB: number;
  readonly storageUsdPerGBMonth: number;
};

/** Nodes that must be up for a write. */
export function writersNeeded(mode: Mode, nodes: number, writeQuorum: number | null | undefined): number {
  if (mode === 'chain') return nodes;
  if (mode === 'primary-async' || mode === 'multi-primary') return 1;
  return writeQuorum ?? majority(nodes);
}

/** Nodes that must be up for a read. */
export function readersNeeded(level: ReadLevel, nodes: number, readQuorum: number | null | undefined): number {
  if (level === 'local') return 1;
  if (level === 'tail') return nodes;
  return level === 'quorum' ? (readQuorum ?? majority(nodes)) : majority(nodes);
}

type Client = ReducedInputs['clients'][number];

export function evaluateReduced({
  config,
  inputs,
}: {
  readonly config: ReducedConfig;
  readonly inputs: ReducedInputs;
}) {
  const { workload, clients } = inputs;
  const cacheHitRatio = hitRatio(config, inputs);
  const weighted = (term: (client: Client) => number) => sumOf(clients, (client) => client.weight * term(client));
  const perWrite = weighted((client) => writeBytesAcross(config, inputs, client));
  const perMiss = weighted((client) => readBytesAcross(config, inputs, client));
  const crossSiteBytesPerSec = workload.writesPerSec * perWrite + workload.readsPerSec * (1 - cacheHitRatio) * perMiss;
  const spending = money({
    crossSiteBps: crossSiteBytesPerSec,
    egressUsdPerGB: inputs.egressUsdPerGB,
    logicalBytes: workload.objects * workload.objectBytes,
    storageOverhead: config.nodes.length,
    storageUsdPerGBMonth: inputs.storageUsdPerGBMonth,
  });
  const missSec = weighted((client) => readSec(config, inputs, client));
  return {
    docObjective: docObjective({ p: config.nodes.map((node) => node.up) }).value,
    ...unavailabilities(config, inputs),
    cacheHitRatio,
    writeLatencySec: weighted((client) => writeSec(config, inputs, client)),
    readLatencySec: cacheHitRatio * inputs.cacheLatencySec + (1 - cacheHitRatio) * missSec,
    crossSiteBytesPerSec,
    egressUsdPerMonth: spending.egressUsdPerMonth,
    storageUsdPerMonth: spending.storageUsdPerMonth,
    stalenessWindowSec: stalenessWindowSec(config, inputs),
  };
}

function unavailabilities(config: ReducedConfig, inputs: ReducedInputs) {
  const domains = inputs.sites.map((site, index) => ({
    up: site.up,
    nodes: config.nodes.filter((node) => node.site === index).map((node) => node.up),
  }));
  const down = (k: number) => domainQuorumAvailability({ domains, k }).unavailability;
  return {
    writeUnavailability: down(writersNeeded(config.mode, config.nodes.length, config.writeQuorum)),
    readUnavailability: down(readersNeeded(config.readLevel, config.nodes.length, config.readQuorum)),
  };
}

function hitRatio(config: ReducedConfig, { workload }: ReducedInputs): number {
  if (config.cacheObjects === 0) return 0;
  return cheLru({ objects: workload.objects, alpha: workload.zipfAlpha, cacheObjects: config.cacheObjects }).hitRatio;
}

function topology(config: ReducedConfig, inputs: ReducedInputs, client: Client) {
  return { rttSec: inputs.rttSec, nodeSites: config.nodes.map((node) => node.site), clientSite: client.site };
}

function transferSec(config: ReducedConfig, inputs: ReducedInputs): number {
  const { objectBytes } = inputs.workload;
  return objectBytes / inputs.bandwidthBps + Math.ceil(objectBytes / config.blockBytes) * inputs.perBlockSec;
}

function writeSec(config: ReducedConfig, inputs: ReducedInputs, client: Client): number {
  const { mode, leader, writeQuorum } = config;
  const place = topology(config, inputs, client);
  const commit = commitLatency({
    ...place,
    mode,
    diskWriteSec: inputs.diskWriteSec,
    leader: leader ?? 0,
    writeQuorum: writeQuorum ?? null,
  });
  return commit.valueSec + transferSec(config, inputs);
}

function readSec(config: ReducedConfig, inputs: ReducedInputs, client: Client): number {
  const { readLevel: level, leader, readQuorum } = config;
  const place = topology(config, inputs, client);
  const read = readLatency({
    ...place,
    level,
    diskReadSec: inputs.diskReadSec,
    leader: leader ?? 0,
    readQuorum: readQuorum ?? null,
  });
  return read.valueSec + transferSec(config, inputs);
}

function writeBytesAcross(config: ReducedConfig, inputs: ReducedInputs, client: Client): number {
  const place = topology(config, inputs, client);
  const nearby = config.mode === 'multi-primary' || config.mode === 'paxos';
  return commCost({
    ...place,
    mode: config.mode,
    leader: nearby ? nearestNode(place) : (config.leader ?? 0),
    sizeBytes: inputs.workload.objectBytes,
    headerBytes: inputs.headerBytes,
    ackBytes: inputs.ackBytes,
    relay: config.relay ?? false,
  }).crossSiteBytes;
}

/** The object comes from one node; the other members of a read quorum send digests. */
function readBytesAcross(config: ReducedConfig, inputs: ReducedInputs, client: Client): number {
  const place = topology(config, inputs, client);
  const whole = inputs.workload.objectBytes + inputs.headerBytes;
  const remote = (node: number, bytes: number) => (at(place.nodeSites, node) === client.site ? 0 : bytes);
  switch (config.readLevel) {
    case 'quorum': {
      const distances = clientDistances(place);
      const nearest = range(distances.length).sort((a, b) => at(distances, a) - at(distances, b) || a - b);
      const asked = nearest.slice(0, readersNeeded('quorum', distances.length, config.readQuorum));
      return sumOf(asked, (node, rank) => remote(node, rank === 0 ? whole : inputs.ackBytes));
    }
    case 'local':
      return remote(nearestNode(place), whole);
    case 'tail':
      return remote(place.nodeSites.length - 1, whole);
    case 'lease':
    case 'readindex':
      return remote(config.leader ?? 0, whole);
    default:
      return unreachable(config.readLevel);
  }
}

/** 0 for what reads the latest by construction; null for partial quorums: warsConsistency answers those. */
function stalenessWindowSec(config: ReducedConfig, inputs: ReducedInputs): number | null {
  const nodes = config.nodes.length;
  if (config.readLevel === 'quorum') {
    const read = readersNeeded('quorum', nodes, config.readQuorum);
    return read + writersNeeded(config.mode, nodes, config.writeQuorum) > nodes ? 0 : null;
  }
  if (config.readLevel !== 'local') return 0;
  const place = topology(config, inputs, { site: 0, weight: 1 });
  const sources = config.mode === 'multi-primary' ? range(nodes) : [config.leader ?? 0];
  const farthest = Math.max(...sources.flatMap((node) => nodeDistances(place, node)));
  return farthest / 2 + inputs.diskWriteSec;
}
