/** Why: every server is asked for the same work, in the same sizes, by the same number of connections. */

export type Workload = {
  readonly name: string;
  readonly verb: 'put' | 'get' | 'list';
  /** Of one object; of a listing, what its 1,000 objects have. */
  readonly bytes: number;
  readonly connections: number;
  readonly requests: number;
  /** Different objects that the requests go round. */
  readonly objects: number;
};

const KiB = 1024;
const MiB = 1024 * KiB;

type Size = { readonly name: string; readonly bytes: number; readonly connections: number; readonly objects: number };

const sizes: readonly Size[] = [
  { name: '4 KiB', bytes: 4 * KiB, connections: 32, objects: 4000 },
  { name: '1 MiB', bytes: MiB, connections: 8, objects: 256 },
  { name: '64 MiB', bytes: 64 * MiB, connections: 4, objects: 8 },
];
const listed: Size = { name: '1,000 keys', bytes: 16, connections: 4, objects: 1000 };
const listRequests = 100;
/** Reads are quicker than writes: more of them give a time as long. */
const readsPerObject = 2;
const quickShare = 1 / 16;

/** In this order: what is read was written before. A quick run does a sixteenth of the work. */
export function workloads(quick: boolean): readonly Workload[] {
  const part = (count: number) => (quick ? Math.max(4, Math.ceil(count * quickShare)) : count);
  const bySize = sizes.flatMap(({ name, bytes, connections, objects }) => {
    const shared = { bytes, connections, objects: part(objects) };
    return [
      { name: `PUT ${name}`, verb: 'put', requests: part(objects), ...shared },
      { name: `GET ${name}`, verb: 'get', requests: part(objects) * readsPerObject, ...shared },
    ] as const;
  });
  return [...bySize, { ...listed, name: `LIST ${listed.name}`, verb: 'list', requests: part(listRequests) }];
}

/** What a listing lists, to be put beforehand. */
export function listedObjects({ bytes, objects }: Workload): Workload {
  return { name: 'before LIST', verb: 'put', bytes, connections: 32, requests: objects, objects };
}

/** Objects of one size lie under one prefix. */
export function keyOf({ bytes }: Workload, number: number): string {
  return `${bytes}/${String(number).padStart(5, '0')}`;
}
