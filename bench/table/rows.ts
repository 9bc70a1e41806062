/**
 * Why: what the data plane must reach, as data: each row is a figure of Copyset beside its limit in the same run, with
 * the ratio that a prototype reached and the one that is accepted.
 */
import type { Direction } from '../run/streams.ts';
import type { WorkloadName } from './workloads.ts';

/** A figure of one cell. `times`: counted so often. */
export type CellFigure = {
  readonly kind: 'rate' | 'cpu';
  readonly of: string;
  readonly workload: WorkloadName;
  readonly times?: number;
};

/** The throughput that one core has time for when every byte costs all of these. */
export type CoreFigure = { readonly kind: 'core'; readonly costs: readonly CellFigure[] };

/** By how many MB the peak grows from one stream to the most. */
export type GrowthFigure = { readonly kind: 'growth'; readonly direction: Direction };

export type Figure = CellFigure | CoreFigure | GrowthFigure;

export type Accept = { readonly atLeast: number } | { readonly atMost: number };

export type TableRow = {
  readonly what: string;
  /** What the prototype reached. */
  readonly prototype: string;
  readonly accept: Accept;
  readonly ours: CellFigure | GrowthFigure;
  /** The least of them is the limit; the figure itself is judged where there is none. */
  readonly limits: readonly (CellFigure | CoreFigure)[];
};

function rate(of: string, workload: WorkloadName): CellFigure {
  return { kind: 'rate', of, workload };
}

function cpu(of: string, workload: WorkloadName, times = 1): CellFigure {
  return { kind: 'cpu', of, workload, times };
}

const one = 'copyset-1';
const putShare = 0.8;

const comparedGets: readonly (readonly [what: string, WorkloadName])[] = [
  ['GET 64 MiB c8', 'getLarge'],
  ['GET 1 MiB of 1 GiB c8', 'get1MiBOfWhole'],
  ['GET 8 MiB of 1 GiB c8', 'get8MiBOfWhole'],
  ['GET 64 MiB of 1 GiB c8', 'get64MiBOfWhole'],
];

const largeGets: readonly TableRow[] = comparedGets.flatMap(([what, workload]) => [
  {
    what: `${what}: CPU / nginx`,
    prototype: '1.02-1.07',
    accept: { atMost: 1.25 },
    ours: cpu(one, workload),
    limits: [cpu('nginx', workload)],
  },
  {
    what: `${what}: throughput / nginx`,
    prototype: '0.94-0.99',
    accept: { atLeast: 0.8 },
    ours: rate(one, workload),
    limits: [rate('nginx', workload)],
  },
]);

type Compared = Pick<TableRow, 'what' | 'prototype'> & {
  readonly atLeast: number;
  readonly workload: WorkloadName;
  readonly of?: string;
};

function besideNginx({ what, prototype, atLeast, workload, of = one }: Compared): TableRow {
  return {
    ...{ what: `${what} / nginx`, prototype, accept: { atLeast } },
    ...{ ours: rate(of, workload), limits: [rate('nginx', workload)] },
  };
}

const otherGets: readonly TableRow[] = [
  besideNginx({ what: 'GET 1 MiB c64', prototype: '0.95', atLeast: 0.75, workload: 'getMedium' }),
  besideNginx({ what: 'GET 128 KiB c64', prototype: '0.94', atLeast: 0.7, workload: 'getChunk' }),
  besideNginx({
    ...{ what: 'GET 4 KiB c64, signed and looked up', prototype: '0.5', atLeast: 0.4, workload: 'getSmall' },
  }),
  besideNginx({
    ...{ what: 'GET 64 MiB c8, every read verified', prototype: '0.44-0.49', atLeast: 0.4, workload: 'getLarge' },
    of: 'copyset-verifying',
  }),
  besideNginx({
    ...{ what: 'GET 1 MiB c64, every read verified', prototype: '0.44-0.49', atLeast: 0.4, workload: 'getMedium' },
    of: 'copyset-verifying',
  }),
  besideNginx({ what: 'GET 64 MiB c6, cold', prototype: '0.95-1.1', atLeast: 0.85, workload: 'getCold' }),
];

/**
 * The whole path is counted: signature, name, journal, catalog. The limit is what the disk takes at the same depth, or
 * what a core can receive, name and write, whichever is less; each for every copy.
 */
function beneathLimit(what: string, workload: WorkloadName, options: { copies: number; prototype: string }): TableRow {
  const { copies, prototype } = options;
  return {
    what: `${what}, M = ${copies}, durable / limit`,
    prototype,
    accept: { atLeast: putShare },
    ours: rate(`copyset-used-${copies}`, workload),
    limits: [
      { ...rate('direct-writes', workload), times: 1 / copies },
      {
        kind: 'core',
        costs: [cpu('slab-receiver', workload), cpu('naming', workload), cpu('direct-writes', workload, copies)],
      },
    ],
  };
}

const puts: readonly TableRow[] = [
  beneathLimit('PUT 128 KiB c8', 'putChunk', { copies: 1, prototype: '0.7' }),
  beneathLimit('PUT 1 MiB c8', 'putMedium', { copies: 1, prototype: '1.0' }),
  beneathLimit('PUT 64 MiB c8', 'putLarge', { copies: 1, prototype: '1.0' }),
  beneathLimit('PUT 128 KiB c8', 'putChunk', { copies: 3, prototype: '1.4' }),
  beneathLimit('PUT 1 MiB c8', 'putMedium', { copies: 3, prototype: '1.4' }),
  beneathLimit('PUT 64 MiB c8', 'putLarge', { copies: 3, prototype: '1.4' }),
  {
    what: 'PUT 64 MiB c8, M = 3, both cores: with SHA-256 / without',
    prototype: '0.8-1.0',
    accept: { atLeast: 0.75 },
    ours: rate('copyset-wide', 'putHashed'),
    limits: [rate('copyset-wide', 'putMade')],
  },
  {
    what: 'PUT 4 KiB c64, M = 1, durable / nginx DAV (not durable)',
    prototype: '7.5',
    accept: { atLeast: 1.5 },
    ours: rate(one, 'putSmall'),
    limits: [rate('nginx', 'putSmall')],
  },
  {
    what: "reception, CPU: slabs / node:http 'data'",
    prototype: '0.16',
    accept: { atMost: 0.25 },
    ours: cpu('slab-receiver', 'putLarge'),
    limits: [cpu('event-receiver', 'putLarge')],
  },
];

const growths: readonly TableRow[] = (['up', 'down'] as const).map((direction) => ({
  what: `RSS growth, 1 -> 64 streams of 1 GiB, ${direction}`,
  prototype: '< 5 MB',
  accept: { atMost: 32 },
  ours: { kind: 'growth', direction },
  limits: [],
}));

type BesideS3rver = Pick<TableRow, 'what' | 'prototype'> & { readonly workload: WorkloadName; readonly least: number };

const besideS3rver: readonly TableRow[] = (
  [
    { what: 'GET 4 KiB c8', prototype: '35', workload: 'getSmallBy8', least: 5 },
    { what: 'GET 1 MiB c8', prototype: '14', workload: 'getMediumBy8', least: 5 },
    { what: 'GET 64 MiB c8', prototype: '8', workload: 'getLarge', least: 5 },
    { what: 'PUT 4 KiB c8', prototype: '8', workload: 'putSmallBy8', least: 3 },
    { what: 'PUT 1 MiB c8', prototype: '8', workload: 'putMedium', least: 3 },
    { what: 'PUT 64 MiB c8', prototype: '7', workload: 'putLarge', least: 3 },
  ] as const satisfies readonly BesideS3rver[]
).map(({ what, prototype, workload, least }) => ({
  ...{ what: `${what} / s3rver`, prototype, accept: { atLeast: least } },
  ...{ ours: rate(one, workload), limits: [rate('s3rver', workload)] },
}));

export const tableRows: readonly TableRow[] = [...largeGets, ...otherGets, ...puts, ...growths, ...besideS3rver];

/** The cells that the row is made of. */
export function cellsOf({ ours, limits }: TableRow): readonly CellFigure[] {
  return [ours, ...limits].flatMap((figure) => {
    if (figure.kind === 'growth') return [];
    return figure.kind === 'core' ? figure.costs : [figure];
  });
}
