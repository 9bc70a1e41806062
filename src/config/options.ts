/**
 * Why: one table of all options. Types, flags, environment, help and docs/reference/options.md follow from it.
 * `--block-bytes` is COPYSET_BLOCK_BYTES in the environment, `block-bytes` in the file of `serve` and `blockBytes` in
 * the program. A flag wins over the environment, the environment over the file, the file over the default.
 */
import {
  accessKeyId,
  address,
  anyText,
  bytes,
  domain,
  duration,
  hostName,
  integer,
  list,
  oneOf,
  orAuto,
  path,
  regionName,
  secretKey,
  switchValue,
  type ValueType,
} from './value.ts';
import { firstVolumes } from './volume-places.ts';

export type Option<T = unknown> = {
  readonly type: ValueType<T>;
  /** Undefined: what the text says. */
  readonly default: T | undefined;
  readonly text: string;
  /** `r`: the flag may be given as `-r`. */
  readonly short?: string;
};

const MiB = 2 ** 20;
const day = 86_400_000;

function option<T>(type: ValueType<T>, fallback: T, text: string): Option<T> & { readonly default: T } {
  return { type, default: fallback, text };
}

function optional<T>(type: ValueType<T>, text: string): Option<T> {
  return { type, default: undefined, text };
}

export const options = {
  dir: option(path, './copyset-data', 'data directory of the store; `dev` makes it when missing, with mode 0700'),
  listen: option(address, { host: '127.0.0.1', port: 9000 }, 'where the S3 door listens; port 0: any free one'),
  s3Front: option(
    oneOf('auto', 'fast', 'portable'),
    'auto',
    'how the S3 door speaks HTTP: `fast` on raw sockets, `portable` on node:http; `auto`: fast where it can run',
  ),
  threads: option(
    orAuto(integer(0, 64)),
    'auto',
    'threads for the S3 door beside the one that owns volumes and catalog; 0: that one serves it; `auto`: by the cores',
  ),
  verifyReads: option(
    oneOf('window', 'always'),
    'window',
    'when what is read is verified: `always`, or again after ten minutes (`window`) while it stays in the page cache',
  ),
  readAhead: option(
    oneOf('on', 'off'),
    'on',
    'whether what readers of ranges in order, and of safetensors, will ask for next is fetched before they do',
  ),
  adminListen: option(
    address,
    { host: '127.0.0.1', port: 0 },
    'where `status` is served beside the Unix socket; port 0: any free one',
  ),
  metricsListen: option(
    address,
    { host: '127.0.0.1', port: 0 },
    'where /metrics, /healthz and /readyz are served; port 0: any free one',
  ),
  hostDomains: option(
    list(hostName),
    [],
    'names of this store under which a host names a bucket: `BUCKET.NAME`; all others are asked path style',
  ),
  volumes: option(
    firstVolumes,
    4,
    'volumes to make at the first start: so many directories under the data directory, or these',
  ),
  replicas: optional(
    integer(1, 5),
    'copies of every block (M), set at the first start; 3, or the number of volumes if smaller',
  ),
  nameHash: optional(
    oneOf('blake3', 'sha256'),
    'hash that names blocks, set at the first start; blake3, which is faster, unless tools are to check by sha256sum',
  ),
  blockBytes: option(bytes(MiB, 128 * MiB), 8 * MiB, 'block size of buckets that do not set their own'),
  memoryBytes: option(
    bytes(64 * MiB, 2 ** 40),
    512 * MiB,
    'budget for bodies and blocks in memory, the hot ones that are kept included',
  ),
  scrubPeriodMs: option(
    duration(60_000, 365 * day),
    14 * day,
    'every copy, and each journal of the catalog, is read and verified once in this time',
  ),
  lostAfterMs: option(duration(0, 30 * day), 5_000, 'a volume whose path or identity is gone for so long is replaced'),
  weight: optional(integer(1, 1_000_000), 'capacity of the new volume in relation to the others; by its free space'),
  domain: optional(domain, 'where the new volume stands; volumes that share the first names fail together'),
  inputs: optional(path, 'what the planner is told, in YAML or JSON: docs/planner/inputs.md'),
  config: optional(
    path,
    'of serve: its YAML file; of plan: a design: its file, or its id; by default up to 3 copies in the first site',
  ),
  require: option(list(anyText('METRIC<=VALUE')), [], 'limits; each replaces that of the inputs on its metric'),
  minimise: optional(anyText('METRIC'), 'what the best design has least of; by default as the inputs say'),
  robust: optional(integer(1, 10_000), 'draws of the uncertain inputs; the choice keeps its limits in 95 % of them'),
  designs: option(integer(1, 10_000_000), 100_000, 'designs that a search evaluates at most'),
  seed: option(integer(0, 2 ** 32 - 1), 1, 'where chance begins; the same seed gives the same answer'),
  horizonMs: option(duration(1_000, 3_650 * day), 30 * day, 'how far ahead to look'),
  requests: option(integer(1_000, 100_000_000), 40_000, 'requests that a simulation makes at most'),
  sweep: option(list(oneOf('N', 'M', 'D', 'B', 'R')), [], "the founding document's variables to vary, one by one"),
  metric: option(oneOf('capacity', 'lag'), 'capacity', 'what to forecast'),
  from: optional(path, 'of diff: the design that runs; of forecast: a history; of calibrate: a file or URL of metrics'),
  to: optional(path, 'the design to compare with: its file, or its id'),
  earlier: optional(path, 'a file of the same metrics as they were before; without it they count from zero'),
  overMs: optional(duration(1_000, 3_650 * day), 'time in which the metrics came about; from a URL 1min'),
  vectors: optional(path, "a JSON file of test vectors; by default the planner's own"),
  front: optional(path, 'file for the designs that no other beats, in JSON'),
  out: optional(path, 'where to put plots and designs: a directory, made when missing; of calibrate: a file'),
  logLevel: option(oneOf('debug', 'info', 'warn', 'error'), 'warn', 'what goes to the log on stderr, in lines of JSON'),
  rootAccessKeyId: optional(accessKeyId, 'id of the root key; by default both halves are made at the first start'),
  rootSecretKey: optional(secretKey, 'secret half of the root key; better in a file of its own'),
  rootSecretKeyFile: optional(path, 'file with the secret half of the root key'),
  endpoint: optional(
    anyText('URL'),
    'of any S3, with keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_ENDPOINT_URL, or the store of --dir',
  ),
  region: option(
    regionName,
    'us-east-1',
    'of serve: the region that clients are told; else: the one that requests are signed for',
  ),
  recursive: { ...option(switchValue, false, 'all objects below a prefix, all files below a directory'), short: 'r' },
  yes: { ...option(switchValue, false, 'do it without showing first what would be done'), short: 'y' },
  parallel: option(integer(1, 64), 8, 'pieces of objects on their way at once'),
  partBytes: option(
    bytes(5 * MiB, 5 * 2 ** 30),
    16 * MiB,
    'larger files go up in parts of this size, and may be resumed',
  ),
  stateDir: optional(path, 'where uploads that were interrupted are remembered; by default in ~/.local/state/copyset'),
  copies: optional(integer(1, 5), 'copies of every block of the bucket (M); by default those of the store'),
  writeQuorum: optional(integer(1, 5), 'durable copies that a write into the bucket waits for (W); by default most'),
  origin: option(switchValue, false, 'show where each value comes from'),
  json: option(switchValue, false, 'answer in lines of JSON, as in pipes'),
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof options;
export type ValueOf<Name extends OptionName> = (typeof options)[Name] extends { readonly type: ValueType<infer T> }
  ? T | Extract<(typeof options)[Name]['default'], undefined>
  : never;
export type Values<Name extends OptionName> = { readonly [Each in Name]: ValueOf<Each> };

/** `blockBytes` -> `--block-bytes`; a time carries its unit in its text: `lostAfterMs` -> `--lost-after`. */
export function flagOf(name: OptionName): string {
  return `--${name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `blockBytes` -> `COPYSET_BLOCK_BYTES`. */
export function variableOf(name: OptionName): string {
  return `COPYSET_${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`;
}

/** `blockBytes` -> `block-bytes`, in the file of `serve`. */
export function keyOf(name: OptionName): string {
  return flagOf(name).slice(2);
}

export function hasFlag(name: OptionName): boolean {
  return (options[name] as Option).type.hidden !== true;
}

/** The default (or what stands in for it) as text; empty when there is none. */
export function defaultText(name: OptionName, instead?: unknown): string {
  const entry: Option = options[name];
  const value = instead ?? entry.default;
  return value === undefined ? '' : entry.type.print(value);
}
