/** Why: what the planner decides: protocol, where the copies are, quorums, block size, cache, coding, scatter width. */
import { CopysetError } from '../../base/errors.ts';
import { type Mode, modes, type ReadLevel } from '../formulas/protocol-latency.ts';

/**
 * The protocols of the formulas, and `copyset`: what this store does inside a site. A block goes to M volumes at once
 * and counts at W; one catalog commit makes the object visible; a read takes any one verified copy. Never stale.
 */
export const designModes = ['copyset', ...modes] as const;
export type DesignMode = 'copyset' | Mode;

export const cachePolicies = ['lru', 'lfu', 'ttl', 'random', 'sieve', 'pinned'] as const;
export type CachePolicy = (typeof cachePolicies)[number];

export type Design = {
  readonly id: string;
  readonly mode: DesignMode;
  /** Node ids of one copyset; every other copyset has as many nodes in the same sites. */
  readonly placement: readonly string[];
  /** One of the placement. */
  readonly leader?: string;
  readonly writeQuorum: number;
  readonly readQuorum: number;
  readonly readLevel: ReadLevel;
  readonly blockBytes: number;
  readonly cache: { readonly bytes: number; readonly policy: CachePolicy; readonly ttlSec?: number };
  /** Data and parity fragments; their sum is the size of the placement. */
  readonly ec?: { readonly k: number; readonly m: number };
  readonly scatterWidth: number;
  readonly relay: boolean;
  readonly hedgeDelaySec?: number;
};

/** The protocol whose messages and waits a mode has. */
export function protocolOf(mode: DesignMode): Mode {
  return mode === 'copyset' ? 'quorum' : mode;
}

/** Failures of a copyset's nodes that lose nothing. */
export function tolerance(design: Design): number {
  return design.ec === undefined ? design.placement.length - 1 : design.ec.m;
}

/** Stored bytes per byte of data. */
export function storageOverhead(design: Design): number {
  return design.ec === undefined ? design.placement.length : (design.ec.k + design.ec.m) / design.ec.k;
}

/** Nodes that must be up for a write to be acknowledged. */
export function writersOf({ mode, placement, writeQuorum }: Design): number {
  if (mode === 'chain') return placement.length;
  return mode === 'primary-async' || mode === 'multi-primary' ? 1 : writeQuorum;
}

/** Nodes that must be up for a read. */
export function readersOf(design: Design): number {
  const copies = design.placement.length;
  if (design.ec !== undefined) return design.ec.k;
  switch (design.readLevel) {
    case 'local':
      return 1;
    case 'tail':
      return copies;
    case 'quorum':
      return design.readQuorum;
    case 'lease':
    case 'readindex':
      return Math.floor(copies / 2) + 1;
    default:
      return copies;
  }
}

/** Throws `request.invalid` where the design contradicts itself. */
export function checkDesign(design: Design): void {
  const copies = design.placement.length;
  const refuse = (reason: string) => {
    throw new CopysetError('request.invalid', `design ${design.id}: ${reason}`);
  };
  if (copies === 0) refuse('its placement is empty');
  if (new Set(design.placement).size !== copies) refuse('a node appears twice in its placement');
  const isQuorum = (size: number) => Number.isInteger(size) && size >= 1 && size <= copies;
  if (!isQuorum(design.writeQuorum)) refuse(`W = ${design.writeQuorum} is not within 1..M = ${copies}`);
  if (!isQuorum(design.readQuorum)) refuse(`R quorum = ${design.readQuorum} is not within 1..${copies}`);
  if (design.leader !== undefined && !design.placement.includes(design.leader))
    refuse(`its leader ${design.leader} holds no copy`);
  if (design.blockBytes < 1) refuse('B is at least one byte');
  checkCoding(design, refuse);
}

function checkCoding({ ec, placement, mode, writeQuorum }: Design, refuse: (reason: string) => void): void {
  if (ec === undefined) return;
  if (ec.k + ec.m !== placement.length)
    refuse(`${ec.k}+${ec.m} fragments need ${ec.k + ec.m} nodes, not ${placement.length}`);
  if (mode !== 'copyset' && mode !== 'quorum') refuse('fragments are written by the client: mode copyset or quorum');
  if (writeQuorum < ec.k) refuse(`fewer than k = ${ec.k} durable fragments are no durable block`);
}
