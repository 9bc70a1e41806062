/** Why: what is asked of every store, and what lies there before: one table, read by all that follows. */

export type PeerWorkload = {
  readonly name: string;
  readonly kind: 'get' | 'put' | 'put-signed-chunks' | 'list' | 'mixed';
  /** Of one object. */
  readonly bytes: number;
  readonly connections: number;
  /** Different keys that the requests go round; of a listing, all that are listed. */
  readonly objects: number;
};

const KiB = 1024;
const MiB = 1024 * KiB;

/** Of a page of a listing. */
export const pageKeys = 1000;
export const chunkBytes = 64 * KiB;

/** Of a hundred mixed requests; what is deleted was put half a turn before. */
export const mix = { gets: 45, heads: 30, puts: 15, deletes: 10 } as const;

type Shape = Omit<PeerWorkload, 'name'> & { readonly what: string };

/** A quick run has the same shape and little weight. */
export function peerWorkloads(quick: boolean): readonly PeerWorkload[] {
  return shapes(quick).map(({ what, ...rest }) => ({ name: `${what} c${rest.connections}`, ...rest }));
}

function shapes(quick: boolean): readonly Shape[] {
  const large = { bytes: 64 * MiB, connections: quick ? 2 : 8, objects: quick ? 2 : 8 };
  const medium = { bytes: MiB, connections: 8, objects: quick ? 16 : 64 };
  const small = { bytes: 4 * KiB, connections: 32, objects: quick ? 200 : 2000 };
  const chunked = { bytes: 8 * MiB, connections: quick ? 2 : 8, objects: quick ? 4 : 64 };
  const listed = { bytes: 16, connections: 4, objects: quick ? 2000 : 100_000 };
  return [
    { what: 'GET 64 MiB', kind: 'get', ...large },
    { what: 'PUT 64 MiB', kind: 'put', ...large },
    { what: 'GET 1 MiB', kind: 'get', ...medium },
    { what: 'PUT 1 MiB', kind: 'put', ...medium },
    { what: 'GET 4 KiB', kind: 'get', ...small },
    { what: 'PUT 4 KiB', kind: 'put', ...small },
    { what: `LIST of ${listed.objects.toLocaleString('en-US')} keys`, kind: 'list', ...listed },
    { what: 'mixed 1 MiB', kind: 'mixed', bytes: MiB, connections: 16, objects: quick ? 15 : 60 },
    { what: 'PUT 8 MiB in signed chunks', kind: 'put-signed-chunks', ...chunked },
  ];
}
