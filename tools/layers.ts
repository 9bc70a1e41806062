/**
 * Why: the direction of imports is the architecture. One row per room: what it may import besides base. A driver folder
 * is imported only by server/ and by tests. `npm run tidy` and tidy.test.ts hold it; ARCHITECTURE.md prints it.
 */

export type Room = { readonly imports: readonly string[]; readonly why: string };

export const rooms = {
  base: { imports: [], why: 'the words of the language: bytes, hash, ids, errors, clock, random, async' },
  config: { imports: [], why: 'one table of options: name, type, unit, default, text' },
  observe: { imports: [], why: 'log and metrics contracts' },
  disk: { imports: [], why: 'files with stated durability: contract; drivers node, memory (loses power)' },
  kv: {
    imports: ['observe', 'disk'],
    why: 'ordered transactional key-value: contract; drivers memory, sqlite, etcd; the journal wrapper',
  },
  layout: { imports: [], why: 'pure: partitions, copysets, movement' },
  plan: { imports: ['layout'], why: 'the planner, pure: formulas, search, simulator, calibration' },
  catalog: {
    imports: ['kv', 'layout'],
    why: 'what we keep in the kv: one file per record kind, transactions as verbs',
  },
  volume: {
    imports: ['observe', 'disk', 's3-client'],
    why: 'where blocks live: contract and stored form; drivers memory, file, s3',
  },
  access: { imports: ['catalog'], why: 'identities and one decision for every door' },
  replica: {
    imports: ['observe', 'kv', 'catalog', 'layout', 'volume'],
    why: 'blocks inside a site: write, read, repair, scrub',
  },
  cache: { imports: ['observe', 'disk'], why: 'tiers: contract; drivers memory, disk' },
  object: {
    imports: ['observe', 'kv', 'catalog', 'layout', 'cache', 'replica'],
    why: 'the narrow waist: put, get, list, multipart, collect',
  },
  sigv4: { imports: [], why: 'pure: the signatures of S3 requests, made and verified alike' },
  's3-client': { imports: ['sigv4'], why: 'any S3 endpoint by its verbs: contract and client' },
  s3: { imports: ['observe', 'access', 'object', 'sigv4'], why: 'the S3 door' },
  admin: {
    imports: ['observe', 'access', 'catalog', 'layout', 'plan', 'replica', 'object', 'volume'],
    why: 'the admin contract, handlers, client',
  },
  server: { imports: ['*'], why: 'composition root: picks drivers, starts and drains services' },
  cli: { imports: ['admin', 'config', 'server', 'plan', 's3-client'], why: 'one file per command' },
} as const satisfies Record<string, Room>;

export type RoomName = keyof typeof rooms;

/** Folders that only server/ and tests may import from outside. */
export const driverFolders: readonly string[] = [
  'disk/node',
  'disk/memory',
  'kv/memory',
  'kv/sqlite',
  'kv/etcd',
  'kv/journal',
  'volume/memory',
  'volume/file',
  'volume/s3',
  'cache/memory',
  'cache/disk',
];

/** Places that may import node:* modules: the language's words, drivers, doors, and who puts them together. */
export const effectfulPlaces: readonly string[] = [
  'base',
  'disk/node',
  'kv/sqlite',
  'kv/etcd',
  's3',
  'sigv4',
  's3-client',
  'admin',
  'config',
  'server',
  'cli',
];

/** The only places that ask the machine for time and chance; all others are given a Clock and a Random. */
export const timePlaces: readonly string[] = ['base/clock.ts', 'base/random.ts'];

/** Places that may read process.env. */
export const environmentPlaces: readonly string[] = ['config', 'server', 'cli'];
