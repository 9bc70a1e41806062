/** Why: what is asked of every store: one table, read by all that follows. */
import { KiB, MiB, named, type Workload } from '../run/workload.ts';

/** A quick run has the same shape and little weight. */
export function peerWorkloads(quick: boolean): readonly Workload[] {
  const large = { bytes: 64 * MiB, connections: quick ? 2 : 8, objects: quick ? 2 : 8 };
  const medium = { bytes: MiB, connections: 8, objects: quick ? 16 : 64 };
  const small = { bytes: 4 * KiB, connections: 32, objects: quick ? 200 : 2000 };
  const chunked = { bytes: 8 * MiB, connections: quick ? 2 : 8, objects: quick ? 4 : 64 };
  const listed = { bytes: 16, connections: 4, objects: quick ? 2000 : 100_000 };
  return [
    named({ what: 'GET 64 MiB', kind: 'get', ...large }),
    named({ what: 'PUT 64 MiB', kind: 'put', ...large }),
    named({ what: 'GET 1 MiB', kind: 'get', ...medium }),
    named({ what: 'PUT 1 MiB', kind: 'put', ...medium }),
    named({ what: 'GET 4 KiB', kind: 'get', ...small }),
    named({ what: 'PUT 4 KiB', kind: 'put', ...small }),
    named({ what: `LIST of ${listed.objects.toLocaleString('en-US')} keys`, kind: 'list', ...listed }),
    named({ what: 'mixed 1 MiB', kind: 'mixed', bytes: MiB, connections: 16, objects: quick ? 15 : 60 }),
    named({ what: 'PUT 8 MiB in signed chunks', kind: 'put-signed-chunks', ...chunked }),
  ];
}
