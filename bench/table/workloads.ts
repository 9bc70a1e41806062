/** Why: the work behind the rows of the table, each by the name that the rows call it. */
import { GiB, KiB, MiB, named, type Workload } from '../run/workload.ts';

/** A quick run has the same shape and little weight. */
export function tableWorkloads(quick: boolean) {
  const few = (count: number) => (quick ? Math.ceil(count / 4) : count);
  const many = (count: number) => (quick ? Math.ceil(count / 10) : count);
  const large = { bytes: 64 * MiB, connections: few(8), objects: few(8) };
  const ranges = { bytes: quick ? 64 * MiB : GiB, connections: 8, objects: 1 };
  const ofWhole = quick ? '64 MiB' : '1 GiB';
  const medium = { bytes: MiB, objects: few(64) };
  const chunk = { bytes: 128 * KiB, objects: many(1000) };
  const small = { bytes: 4 * KiB, objects: many(2000) };
  return {
    getLarge: named({ what: 'GET 64 MiB', kind: 'get', ...large }),
    get1MiBOfWhole: named({ what: `GET 1 MiB of ${ofWhole}`, kind: 'get-range', rangeBytes: MiB, ...ranges }),
    get8MiBOfWhole: named({ what: `GET 8 MiB of ${ofWhole}`, kind: 'get-range', rangeBytes: 8 * MiB, ...ranges }),
    get64MiBOfWhole: named({ what: `GET 64 MiB of ${ofWhole}`, kind: 'get-range', rangeBytes: 64 * MiB, ...ranges }),
    getMedium: named({ what: 'GET 1 MiB', kind: 'get', connections: 64, ...medium }),
    getMediumBy8: named({ what: 'GET 1 MiB', kind: 'get', connections: 8, ...medium }),
    getChunk: named({ what: 'GET 128 KiB', kind: 'get', connections: 64, ...chunk }),
    getSmall: named({ what: 'GET 4 KiB', kind: 'get', connections: 64, ...small }),
    getSmallBy8: named({ what: 'GET 4 KiB', kind: 'get', connections: 8, ...small }),
    putLarge: named({ what: 'PUT 64 MiB', kind: 'put', ...large }),
    putMedium: named({ what: 'PUT 1 MiB', kind: 'put', connections: 8, ...medium }),
    putChunk: named({ what: 'PUT 128 KiB', kind: 'put', connections: 8, ...chunk }),
    putSmall: named({ what: 'PUT 4 KiB', kind: 'put', connections: 64, ...small }),
    putSmallBy8: named({ what: 'PUT 4 KiB', kind: 'put', connections: 8, ...small }),
    putMade: named({ what: 'PUT 64 MiB as it is', kind: 'put-made', ...large }),
    putHashed: named({ what: 'PUT 64 MiB with its SHA-256', kind: 'put-hashed', ...large }),
    getCold: named({ what: 'GET 64 MiB from the disk', kind: 'get-cold', ...large, connections: 6, objects: few(6) }),
  } as const satisfies Record<string, Workload>;
}

export type WorkloadName = keyof ReturnType<typeof tableWorkloads>;
