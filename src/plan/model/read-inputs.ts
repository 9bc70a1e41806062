/** Why: turns a parsed inputs file into the model and back; docs/planner/inputs.md shows one. */
import type { Dist } from '../distribution.ts';
import { range } from '../numeric/lists.ts';
import { parseAmount } from '../units.ts';
import {
  accessClasses,
  type DocumentValues,
  type Link,
  type PlannedNode,
  type PlannerInputs,
  type Workload,
} from './inputs.ts';
import type { Measured } from './measured.ts';
import { type Limit, metricNamed, metricTable } from './metrics.ts';
import { type Field, invalid, Reader, readFields, type Schema } from './reader.ts';
import { burstSchema, linkSchema, nodeSchema, rackSchema, siteSchema, storeSchema, workloadSchema } from './schema.ts';

/** Throws `request.invalid` that names the place in the file. */
export function readInputs(file: unknown): PlannerInputs {
  const reader = new Reader(file, 'inputs');
  const sites = reader
    .readers('sites')
    .map((each) => finished(each, { id: each.text('id'), ...readFields(each, siteSchema) }));
  const racks = reader.readers('racks').map((each) => {
    return finished(each, { id: each.text('id'), site: each.text('site'), ...readFields(each, rackSchema) });
  });
  const nodes = reader.readers('nodes').flatMap(readNodes);
  const inputs: PlannerInputs = {
    sites,
    racks,
    nodes,
    links: withInnerLinks(
      reader.readers('links').map(readLink),
      sites.map((site) => site.id),
    ),
    bursts: reader.readers('bursts').map((each) => finished(each, readFields(each, burstSchema))),
    workloads: reader.readers('workloads').map(readWorkload),
    store: readStore(reader),
    limits: reader.list('limits').map((each) => parseLimit(String(each))),
    objective: metricNamed(reader.has('objective') ? reader.text('objective') : 'usdPerMonth'),
    ...readDocument(reader),
  };
  reader.finish();
  checkNames(inputs);
  return inputs;
}

function finished<T>(reader: Reader, value: T): T {
  reader.finish();
  return value;
}

const mostNodes = 10_000;

/** `count: 6` makes ID-1 to ID-6. */
function readNodes(reader: Reader): PlannedNode[] {
  const id = reader.text('id');
  const count = reader.quantity('count', 'count', 1);
  if (!Number.isInteger(count) || count > mostNodes) throw invalid(`${reader.where}.count`, `0..${mostNodes} nodes`);
  const rack = reader.has('rack') ? { rack: reader.text('rack') } : {};
  const node = { site: reader.text('site'), ...rack, ...readFields(reader, nodeSchema) };
  const ids = reader.has('count') ? range(count).map((index) => `${id}-${index + 1}`) : [id];
  return finished(
    reader,
    ids.map((each) => ({ id: each, ...node })),
  );
}

function readLink(reader: Reader): Link {
  return finished(reader, { from: reader.text('from'), to: reader.text('to'), ...readFields(reader, linkSchema) });
}

/** Inside every site there is a link, by default. */
function withInnerLinks(links: readonly Link[], sites: readonly string[]): Link[] {
  const missing = sites.filter((id) => !links.some((link) => link.from === id && link.to === id));
  return [
    ...links,
    ...missing.map((id) => ({ from: id, to: id, ...readFields(new Reader({}, `link ${id}`), linkSchema) })),
  ];
}

function readWorkload(reader: Reader): Workload {
  const clients = reader
    .readers('clients')
    .map((each) => finished(each, { site: each.text('site'), weight: each.quantity('weight', 'share', 1) }));
  if (clients.length === 0) throw invalid(reader.where, 'some site has clients');
  return finished(reader, {
    class: reader.oneOf('class', accessClasses, 'zipf'),
    clients,
    ...readFields(reader, workloadSchema),
  });
}

function readStore(reader: Reader): PlannerInputs['store'] {
  const store = new Reader(reader.raw('store') ?? {}, 'inputs.store');
  return finished(store, readFields(store, storeSchema));
}

function readDocument(reader: Reader): { readonly document?: DocumentValues } {
  if (!reader.has('document')) return {};
  const given = new Reader(reader.raw('document'), 'inputs.document');
  const number = (key: string, dimension: 'count' | 'seconds' | 'bytes') => {
    return parseAmount(given.raw(key), dimension, `${given.where}.${key}`);
  };
  const document = {
    nodes: number('N', 'count'),
    copies: number('M', 'count'),
    delaySec: number('D', 'seconds'),
    blockBytes: number('B', 'bytes'),
    cacheSec: number('R', 'seconds'),
  };
  return { document: finished(given, document) };
}

/** `readP99Sec<=20ms`, `cacheHit>=80%`. */
export function parseLimit(text: string): Limit {
  const match = /^\s*(\w+)\s*(<=|>=)\s*(.+)$/.exec(text);
  if (match === null)
    throw invalid(JSON.stringify(text), 'a limit is metric<=value, or metric>=value where more is better');
  const metric = metricNamed(match[1] as string);
  const { better, dimension } = metricTable[metric];
  if ((better === 'less') !== (match[2] === '<=')) throw invalid(text, `${metric} is better when it is ${better}`);
  return { metric, max: parseAmount(match[3], dimension, text) };
}

function checkNames({ sites, racks, nodes, links, workloads }: PlannerInputs): void {
  if (sites.length === 0 || nodes.length === 0 || workloads.length === 0) {
    throw invalid('inputs', 'there is at least one site, one node and one workload');
  }
  const isSite = (id: string) => sites.some((site) => site.id === id);
  const named = [
    ...racks.map((rack) => rack.site),
    ...nodes.map((node) => node.site),
    ...links.flatMap((link) => [link.from, link.to]),
    ...workloads.flatMap((workload) => workload.clients.map((client) => client.site)),
  ];
  const stranger = named.find((id) => !isSite(id));
  if (stranger !== undefined) throw invalid('inputs', `there is no site ${stranger}`);
  const rackless = nodes.find((node) => node.rack !== undefined && !racks.some((rack) => rack.id === node.rack));
  if (rackless !== undefined) throw invalid(`node ${rackless.id}`, `there is no rack ${rackless.rack}`);
  if (new Set(nodes.map((node) => node.id)).size < nodes.length) throw invalid('inputs.nodes', 'two nodes have one id');
}

/** The inputs as a file that `readInputs` reads: numbers in the planner's units, each with its source. */
export function printInputs(inputs: PlannerInputs): Record<string, unknown> {
  const { document } = inputs;
  return {
    sites: inputs.sites.map((site) => ({ id: site.id, ...printFields(site, siteSchema) })),
    racks: inputs.racks.map((rack) => ({ id: rack.id, site: rack.site, ...printFields(rack, rackSchema) })),
    nodes: inputs.nodes.map((node) => {
      const rack = node.rack === undefined ? {} : { rack: node.rack };
      return { id: node.id, site: node.site, ...rack, ...printFields(node, nodeSchema) };
    }),
    links: inputs.links.map((link) => ({ from: link.from, to: link.to, ...printFields(link, linkSchema) })),
    bursts: inputs.bursts.map((burst) => printFields(burst, burstSchema)),
    workloads: inputs.workloads.map((workload) => {
      return { class: workload.class, clients: workload.clients, ...printFields(workload, workloadSchema) };
    }),
    store: printFields(inputs.store, storeSchema),
    limits: inputs.limits.map(printLimit),
    objective: inputs.objective,
    ...(document === undefined ? {} : { document: printDocument(document) }),
  };
}

function printDocument(document: DocumentValues) {
  return { N: document.nodes, M: document.copies, D: document.delaySec, B: document.blockBytes, R: document.cacheSec };
}

export function printLimit({ metric, max }: Limit): string {
  return `${metric}${metricTable[metric].better === 'less' ? '<=' : '>='}${max}`;
}

function printFields<T>(values: T, schema: Schema<Partial<T>>): Record<string, Measured<number | Dist>> {
  const fields = Object.entries<Field>(schema as Record<string, Field>);
  return Object.fromEntries(
    fields.map(([name, field]) => [field.key, values[name as keyof T] as Measured<number | Dist>]),
  );
}
