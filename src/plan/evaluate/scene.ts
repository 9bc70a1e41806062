/**
 * Why: inputs are written for people, by names; evaluation needs numbers, matrices and grids, made once and shared by
 * all designs.
 */
import { CopysetError } from '../../base/errors.ts';
import type { VolumeId } from '../../base/ids.ts';
import type { LayoutVolume } from '../../layout/layout.ts';
import { distinctCopysets, scatterWidths } from '../../layout/layout-measures.ts';
import { planLayout } from '../../layout/plan-layout.ts';
import { mean as distMean } from '../distribution.ts';
import type { RttMatrix } from '../formulas/protocol-latency.ts';
import type { Design } from '../model/design.ts';
import type { Link, PlannedNode, PlannerInputs, Site } from '../model/inputs.ts';
import { at } from '../numeric/lists.ts';
import { mean } from '../numeric/statistics.ts';
import { type Grid, gridOf, plus } from './grid.ts';
import { Memo } from './memo.ts';

/** Distinct copysets, and with how many others a node shares them: from the store's own layout. */
export type LayoutFigures = { readonly copysets: number; readonly scatterWidth: number };

/** Where a design's copies are, as indices. */
export type Place = {
  readonly key: string;
  readonly nodes: readonly PlannedNode[];
  /** Index of each node's site. */
  readonly nodeSites: readonly number[];
  readonly sitesKey: string;
  /** Index into nodes. */
  readonly leader: number;
  /** All nodes of the sites used: what the copysets are spread over. */
  readonly pool: readonly PlannedNode[];
  /** Of the pool: what a layout depends on. */
  readonly poolKey: string;
};

export class Scene {
  readonly inputs: PlannerInputs;
  /** Mean round trips between sites. */
  readonly rttSec: RttMatrix;
  /** Nodes by distance, per client site and sites of the nodes; see access.ts. */
  readonly nearest = new Memo<readonly number[]>();
  readonly #siteIndex: ReadonlyMap<string, number>;
  readonly #nodes: ReadonlyMap<string, PlannedNode>;
  readonly #places = new Memo<Place>();
  readonly #placeByDesign = new WeakMap<Design, Place>();
  readonly #grids = new Memo<Grid>();
  readonly #layouts: Memo<LayoutFigures>;

  constructor(inputs: PlannerInputs, layouts = new Memo<LayoutFigures>()) {
    this.inputs = inputs;
    this.#layouts = layouts;
    this.#siteIndex = new Map(inputs.sites.map((site, index) => [site.id, index]));
    this.#nodes = new Map(inputs.nodes.map((node) => [node.id, node]));
    this.rttSec = inputs.sites.map((from) =>
      inputs.sites.map((to) => 2 * distMean(this.link(from.id, to.id).oneWaySec.value)),
    );
  }

  siteIndex(id: string): number {
    return known(this.#siteIndex.get(id), `site ${id}`);
  }

  site(index: number): Site {
    return at(this.inputs.sites, index);
  }

  node(id: string): PlannedNode {
    return known(this.#nodes.get(id), `node ${id}`);
  }

  link(from: string, to: string): Link {
    return known(linkBetween(this.inputs.links, from, to), `a link between ${from} and ${to}`);
  }

  /** Of the narrowest link on the way; the client's own network card is not the store's business. */
  bandwidthBps(from: number, to: number): number {
    return this.link(this.site(from).id, this.site(to).id).bandwidthBps.value;
  }

  oneWay(from: number, to: number): Grid {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    const { oneWaySec } = this.link(this.site(from).id, this.site(to).id);
    return this.#grids.get(`way ${low} ${high}`, () => gridOf(oneWaySec.value));
  }

  roundTrip(from: number, to: number): Grid {
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    return this.#grids.get(`trip ${low} ${high}`, () => plus(this.oneWay(from, to), this.oneWay(to, from)));
  }

  place(design: Design): Place {
    const known = this.#placeByDesign.get(design);
    if (known !== undefined) return known;
    const place = this.#placeOf(design);
    this.#placeByDesign.set(design, place);
    return place;
  }

  /** Designs that differ in sizes only share their place. */
  #placeOf(design: Design): Place {
    const key = `${design.leader ?? ''}|${design.placement.join()}`;
    return this.#places.get(key, () => this.#newPlace(design, key));
  }

  #newPlace(design: Design, key: string): Place {
    const nodes = design.placement.map((id) => this.node(id));
    const sites = new Set(nodes.map((node) => node.site));
    const pool = this.inputs.nodes.filter((node) => sites.has(node.site));
    const nodeSites = nodes.map((node) => this.siteIndex(node.site));
    return {
      key,
      nodes,
      nodeSites,
      sitesKey: nodeSites.join(),
      leader: Math.max(0, design.placement.indexOf(design.leader ?? '')),
      pool,
      poolKey: pool.map((node) => [node.id, node.site, node.rack, node.capacityBytes.value].join()).join(';'),
    };
  }

  /** What the layout makes of this many copies over the pool with this scatter width. */
  layoutFigures(design: Design): LayoutFigures {
    const { pool, poolKey } = this.place(design);
    const copies = design.placement.length;
    const key = `${copies}|${design.scatterWidth}|${poolKey}`;
    return this.#layouts.get(key, () => layoutFiguresOf(pool, copies, design.scatterWidth));
  }
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new CopysetError('request.invalid', `the inputs have no ${what}`);
  return value;
}

export function linkBetween(links: readonly Link[], from: string, to: string): Link | undefined {
  return links.find((link) => (link.from === from && link.to === to) || (link.from === to && link.to === from));
}

/** As the layout sees the nodes: equal weight per byte of capacity, domains site, rack, node. */
export function layoutVolumes(nodes: readonly PlannedNode[]): LayoutVolume[] {
  const average = mean(nodes.map((node) => node.capacityBytes.value));
  return nodes.map((node) => ({
    id: node.id as VolumeId, // the layout takes ids as opaque text; ours name nodes
    weight: node.capacityBytes.value / average,
    domain: [node.site, node.site, node.rack ?? node.id, node.id, node.id],
  }));
}

function layoutFiguresOf(pool: readonly PlannedNode[], copies: number, scatterWidth: number): LayoutFigures {
  const { layout } = planLayout({ classId: copies, copies, volumes: layoutVolumes(pool), scatterWidth, epoch: 1 });
  const widths = [...scatterWidths(layout).values()];
  return { copysets: distinctCopysets(layout), scatterWidth: widths.length === 0 ? 0 : mean(widths) };
}
