/** Why: which nodes a read or a write touches decides latency, load and traffic alike; it is said once. */
import { unreachable } from '../../base/assert.ts';
import { clientDistances } from '../formulas/protocol-latency.ts';
import { type Design, readersOf } from '../model/design.ts';
import type { StoreTraits, Workload } from '../model/inputs.ts';
import { at, range } from '../numeric/lists.ts';
import type { Scene } from './scene.ts';

/** Indices of the design's nodes, nearest to the client's site first, ties by index. */
export function byDistance(scene: Scene, design: Design, clientSite: number): readonly number[] {
  const { nodeSites, sitesKey } = scene.place(design);
  return scene.nearest.get(`${clientSite}|${sitesKey}`, () => {
    const distances = clientDistances({ rttSec: scene.rttSec, nodeSites, clientSite });
    return range(distances.length).sort((left, right) => at(distances, left) - at(distances, right) || left - right);
  });
}

/** Who gets a client's write first: the leader, or the nearest node where any may lead. */
export function entryNode(scene: Scene, design: Design, clientSite: number): number {
  const nearby = design.mode === 'multi-primary' || design.mode === 'paxos';
  return nearby ? at(byDistance(scene, design, clientSite), 0) : scene.place(design).leader;
}

/** The nodes that send data for a read; the first one the object, or k of them a fragment each. */
export function readSources(scene: Scene, design: Design, clientSite: number): readonly number[] {
  const nearest = byDistance(scene, design, clientSite);
  if (design.ec !== undefined) return nearest.slice(0, design.ec.k);
  switch (design.readLevel) {
    case 'local':
      return nearest.slice(0, 1);
    case 'quorum':
      return nearest.slice(0, readersOf(design));
    case 'tail':
      return [nearest.length - 1];
    case 'lease':
    case 'readindex':
      return [scene.place(design).leader];
    default:
      return unreachable(design.readLevel);
  }
}

export function blocksOf(design: Design, workload: Workload): number {
  return Math.ceil(workload.objectBytes.value / design.blockBytes);
}

/** Bytes that one node stores of one block. */
export function fragmentBytes(design: Design, workload: Workload): number {
  return Math.min(design.blockBytes, workload.objectBytes.value) / (design.ec?.k ?? 1);
}

/** Of this store's own mode: blocks so large are not cached. */
export function passesCache(design: Design, workload: Workload, { cachedBlockBytes }: StoreTraits): boolean {
  const blockBytes = Math.min(design.blockBytes, workload.objectBytes.value);
  return design.mode === 'copyset' && blockBytes > cachedBlockBytes.value;
}

export type ClientShare = { readonly site: number; readonly weight: number };

/** Weights of a workload's client sites, adding up to 1. */
export function clientShares(scene: Scene, workload: Workload): ClientShare[] {
  const total = workload.clients.reduce((sum, client) => sum + client.weight, 0);
  return workload.clients.map((client) => ({ site: scene.siteIndex(client.site), weight: client.weight / total }));
}
