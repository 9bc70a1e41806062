/**
 * Why: what must be up for a write and for a read, with sites and racks as failure domains, elections and planned work
 * included.
 */
import { type Domain, domainQuorumAvailability } from '../formulas/availability.ts';
import { type Design, readersOf, writersOf } from '../model/design.ts';
import { type PlannedNode, type PlannerInputs, upShare } from '../model/inputs.ts';
import { at, range, sumOf } from '../numeric/lists.ts';
import { hourSec, yearSec } from '../units.ts';
import { clientShares } from './access.ts';
import type { Place, Scene } from './scene.ts';

export type Unavailabilities = { readonly write: number; readonly read: number };

export function unavailabilitiesOf(scene: Scene, design: Design): Unavailabilities {
  const place = scene.place(design);
  const besides = downBesidesNodes(scene, design);
  return {
    write: eitherDown(quorumDown(scene.inputs, place, writersOf(design)), besides.write),
    read: eitherDown(quorumDown(scene.inputs, place, readersOf(design)), besides.read),
  };
}

/** Catalog, elections, and clients on their way to another site. */
export function downBesidesNodes(scene: Scene, design: Design): Unavailabilities {
  const place = scene.place(design);
  const { store } = scene.inputs;
  const catalog = design.mode === 'copyset' ? store.catalogUnavailability.value : 0;
  const election = electsLeader(design) ? store.failoverSec.value / at(place.nodes, place.leader).mtbfSec.value : 0;
  const led = design.readLevel === 'lease' || design.readLevel === 'readindex';
  const redirected = redirectShare(scene, design);
  return {
    write: catalog + election + (design.mode === 'multi-primary' ? redirected : 0),
    read: catalog + (led ? election : 0) + (design.readLevel === 'local' ? redirected : 0),
  };
}

/**
 * Where every site serves its own clients, they wait for a redirection when it fails: sum of w_i f_i redirect / year.
 */
function redirectShare(scene: Scene, design: Design): number {
  const { store, workloads } = scene.inputs;
  const { nodeSites } = scene.place(design);
  const served = new Set(nodeSites);
  if (served.size === 1) return 0;
  return sumOf(workloads, (workload) =>
    sumOf(clientShares(scene, workload), ({ site, weight }) => {
      const failures = served.has(site) ? scene.site(site).failuresPerYear.value : 0;
      return (weight * failures * store.redirectSec.value) / yearSec / workloads.length;
    }),
  );
}

function electsLeader(design: Design): boolean {
  return ['raft', 'multipaxos', 'primary-sync', 'primary-async', 'chain'].includes(design.mode);
}

function eitherDown(left: number, right: number): number {
  return left + right - left * right;
}

/** Planned work takes one node out at a time: the mean over that, weighted by how long each is out. */
function quorumDown(inputs: PlannerInputs, place: Place, k: number): number {
  const out = plannedOutShare(inputs);
  const all = domainsDown(inputs, place.nodes, k);
  if (out === 0) return all;
  const without = sumOf(range(place.nodes.length), (index) => domainsDown(inputs, place.nodes.toSpliced(index, 1), k));
  return (1 - out * place.nodes.length) * all + out * without;
}

/** Share of time that one given node is out for planned work. */
export function plannedOutShare(inputs: PlannerInputs): number {
  return (inputs.store.maintenanceHours.value * hourSec) / yearSec;
}

function domainsDown(inputs: PlannerInputs, nodes: readonly PlannedNode[], k: number): number {
  return domainQuorumAvailability({ domains: failureDomains(inputs, nodes), k }).unavailability;
}

/** Sites, in them racks, in them nodes. */
export function failureDomains(inputs: PlannerInputs, nodes: readonly PlannedNode[]): Domain[] {
  const used = inputs.sites.filter((site) => nodes.some((node) => node.site === site.id));
  return used.map((site) => {
    const inside = nodes.filter((node) => node.site === site.id);
    const racks = inputs.racks.filter((rack) => inside.some((node) => node.rack === rack.id));
    const inRack = (id: string | undefined) => inside.filter((node) => node.rack === id).map(upShare);
    const loose = inside.filter((node) => !racks.some((rack) => rack.id === node.rack)).map(upShare);
    return {
      up: site.up.value,
      nodes: loose,
      domains: racks.map((rack) => ({ up: rack.up.value, nodes: inRack(rack.id) })),
    };
  });
}
