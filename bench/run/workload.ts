/** Why: what is asked of a server, in one shape that says everything: the same one goes to all that are compared. */

export type Workload = {
  readonly name: string;
  readonly kind:
    | 'get'
    /** Once each, from the disk. */
    | 'get-cold'
    /** All ranges of `rangeBytes` of the objects, in no order. */
    | 'get-range'
    | 'put'
    /** Bodies that were made beforehand, each sent once; without and with their SHA-256 in the signed head. */
    | 'put-made'
    | 'put-hashed'
    | 'put-signed-chunks'
    | 'list'
    | 'mixed';
  /** Of one object. */
  readonly bytes: number;
  readonly connections: number;
  /** Different keys that the requests go round; of a listing, all that are listed. */
  readonly objects: number;
  readonly rangeBytes?: number;
};

/** A workload, and the names of the contenders that are asked for it. */
export type Asked = { readonly workload: Workload; readonly of: readonly string[] };

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

/** Of a page of a listing. */
export const pageKeys = 1000;
export const chunkBytes = 64 * KiB;

/** Of a hundred mixed requests; what is deleted was put half a turn before. */
export const mix = { gets: 45, heads: 30, puts: 15, deletes: 10 } as const;

type Shape = Omit<Workload, 'name'> & { readonly what: string };

/** With the connections in its name: `GET 1 MiB c64`. */
export function named({ what, ...rest }: Shape): Workload {
  return { name: `${what} c${rest.connections}`, ...rest };
}
