/** Why: bytes between sites are the largest bill of a design over several, and catalog and disks grow with B and M. */
import { type CommInput, commMessages, metadataCost, money } from '../formulas/cost.ts';
import { type Design, protocolOf, storageOverhead } from '../model/design.ts';
import type { Workload } from '../model/inputs.ts';
import { at, sum, sumOf } from '../numeric/lists.ts';
import { bytesPerGB, monthSec } from '../units.ts';
import { blocksOf, clientShares, entryNode, readSources } from './access.ts';
import type { Scene } from './scene.ts';

export type Traffic = {
  /** Per object written, all messages of all its blocks. */
  readonly bytesPerWrite: number;
  readonly messagesPerWrite: number;
  readonly crossSiteBps: number;
  readonly egressUsdPerMonth: number;
};

/** Bytes by the site that sends them to another. */
type Flow = { readonly from: number; readonly bytesPerSec: number };

export function trafficOf(scene: Scene, design: Design, hits: readonly number[]): Traffic {
  const { workloads } = scene.inputs;
  const writes = workloads.map((workload) => writeTraffic(scene, design, workload));
  const flows = [
    ...writes.flatMap((write) => write.flows),
    ...workloads.flatMap((workload, index) => readFlows(scene, { design, workload }, 1 - at(hits, index))),
  ];
  const written = sumOf(workloads, (workload) => workload.writesPerSec.value);
  const perWrite = (value: (index: number) => number) =>
    written === 0 ? 0 : sumOf(workloads, (workload, index) => (workload.writesPerSec.value / written) * value(index));
  const usd = (flow: Flow) => ((flow.bytesPerSec * monthSec) / bytesPerGB) * scene.site(flow.from).egressUsdPerGB.value;
  return {
    bytesPerWrite: perWrite((index) => at(writes, index).bytes),
    messagesPerWrite: perWrite((index) => at(writes, index).messages),
    crossSiteBps: sumOf(flows, (flow) => flow.bytesPerSec),
    egressUsdPerMonth: sumOf(flows, usd),
  };
}

function writeTraffic(scene: Scene, design: Design, workload: Workload) {
  const blocks = blocksOf(design, workload);
  const perClient = clientShares(scene, workload).map(({ site, weight }) => ({
    weight,
    messages: commMessages(commInput(scene, { design, workload }, site)),
  }));
  const rate = workload.writesPerSec.value * blocks;
  return {
    bytes: blocks * sumOf(perClient, (client) => client.weight * sum(client.messages.map((message) => message.bytes))),
    messages: blocks * sumOf(perClient, (client) => client.weight * client.messages.length),
    flows: perClient.flatMap(({ weight, messages }) =>
      messages
        .filter(({ from, to }) => from !== to)
        .map(({ from, bytes }): Flow => ({ from, bytesPerSec: rate * weight * bytes })),
    ),
  };
}

type Work = { readonly design: Design; readonly workload: Workload };

function commInput(scene: Scene, { design, workload }: Work, client: number): CommInput {
  const { store } = scene.inputs;
  return {
    mode: protocolOf(design.mode),
    nodeSites: scene.place(design).nodeSites,
    clientSite: client,
    sizeBytes: workload.objectBytes.value / blocksOf(design, workload),
    headerBytes: store.headerBytes.value,
    ackBytes: store.ackBytes.value,
    leader: entryNode(scene, design, client),
    relay: design.relay,
    ec: design.ec ?? null,
  };
}

/**
 * The object comes from the first source (from each of them a fragment, with coding); other members of a quorum send
 * digests.
 */
function readFlows(scene: Scene, { design, workload }: Work, missed: number): Flow[] {
  const place = scene.place(design);
  const { headerBytes, ackBytes } = scene.inputs.store;
  const blocks = blocksOf(design, workload);
  const data = blocks * headerBytes.value + workload.objectBytes.value / (design.ec?.k ?? 1);
  return clientShares(scene, workload).flatMap(({ site, weight }) => {
    const rate = workload.readsPerSec.value * missed * weight;
    return readSources(scene, design, site)
      .map((node, rank) => ({
        from: at(place.nodeSites, node),
        bytes: rank === 0 || design.ec ? data : blocks * ackBytes.value,
      }))
      .filter(({ from }) => from !== site)
      .map(({ from, bytes }): Flow => ({ from, bytesPerSec: rate * bytes }));
  });
}

export type Footprint = {
  readonly writtenBytesPerWrite: number;
  readonly storedBytes: number;
  readonly metadataBytes: number;
  readonly keepUsdPerMonth: number;
};

/** What lies on disks and in the catalog, and what keeping it costs. */
export function footprintOf(scene: Scene, design: Design): Footprint {
  const { workloads } = scene.inputs;
  const storedBytes = sumOf(workloads, (workload) => workload.objects.value * durableBytes(scene, design, workload));
  const metadataBytes = sumOf(workloads, (workload) => workload.objects.value * catalogBytes(scene, design, workload));
  const written = sumOf(workloads, (workload) => workload.writesPerSec.value);
  const perWrite = (workload: Workload) =>
    durableBytes(scene, design, workload) +
    catalogBytes(scene, design, workload) +
    scene.inputs.store.commitBytes.value;
  const share = (workload: Workload) => (written === 0 ? 1 / workloads.length : workload.writesPerSec.value / written);
  return {
    writtenBytesPerWrite: sumOf(workloads, (workload) => share(workload) * perWrite(workload)),
    storedBytes,
    metadataBytes,
    keepUsdPerMonth: keepUsd(scene, design, storedBytes),
  };
}

/** Bytes of one object on all its volumes, checksums and framing included. */
function durableBytes(scene: Scene, design: Design, workload: Workload): number {
  const { blockOverheadBytes, checksumShare } = scene.inputs.store;
  const payload = workload.objectBytes.value * storageOverhead(design) * (1 + checksumShare.value);
  return payload + blocksOf(design, workload) * design.placement.length * blockOverheadBytes.value;
}

/** Of one object. */
function catalogBytes(scene: Scene, design: Design, workload: Workload): number {
  const { store } = scene.inputs;
  return metadataCost({
    totalBytes: blocksOf(design, workload),
    blockBytes: 1,
    entryBytes: store.catalogEntryBytes.value,
    perReplicaBytes: store.catalogPerCopyBytes.value,
    replicas: design.placement.length,
    metadataReplicas: store.catalogCopies.value,
  }).bytes;
}

/** Stored bytes by the price of each member's site; the cache once in every site with clients. */
function keepUsd(scene: Scene, design: Design, storedBytes: number): number {
  const place = scene.place(design);
  const perMember = storedBytes / place.nodes.length;
  const storage = sumOf(place.nodeSites, (site) => storageUsd(perMember, scene.site(site).storageUsdPerGBMonth.value));
  const clientSites = new Set(
    scene.inputs.workloads.flatMap((workload) => workload.clients.map((client) => client.site)),
  );
  const cache = sumOf([...clientSites], (id) => {
    const { cacheUsdPerGBMonth } = scene.site(scene.siteIndex(id));
    return storageUsd(design.cache.bytes, cacheUsdPerGBMonth.value);
  });
  return storage + cache;
}

function storageUsd(bytes: number, usdPerGBMonth: number): number {
  const nothingSent = { crossSiteBps: 0, egressUsdPerGB: 0, storageOverhead: 1 };
  return money({ ...nothingSent, logicalBytes: bytes, storageUsdPerGBMonth: usdPerGBMonth }).storageUsdPerMonth;
}
