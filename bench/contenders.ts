/** Why: who takes part, in the order of the tables, and what must be done before each can be started. */
import { whyMissing } from '../tools/engines/debian.ts';
import { type Built, build, cargoPackage, goPackage, isBuilt } from './peers/packages.ts';
import { pinnedTo } from './run/private-network.ts';
import type { Role } from './run/standing.ts';
import { directWrites, naming } from './targets/bare-work.ts';
import { copyset, verifyingFlags } from './targets/copyset.ts';
import { garage } from './targets/garage.ts';
import { minio, rclone, versitygw } from './targets/go-peers.ts';
import { nginx, nginxProgram } from './targets/nginx.ts';
import { eventReceiver, slabReceiver } from './targets/receivers.ts';
import { s3rver, whyNoS3rver } from './targets/s3rver.ts';
import type { Target } from './targets/target.ts';

export type Contender = {
  /** As `--only` of `bench:peers` takes it. */
  readonly name: string;
  readonly role: Role;
  /** Downloads and builds, once. `isAsked`: by its name, and not only because all are. */
  readonly prepare: (isAsked: boolean) => Promise<Prepared>;
};

type Prepared = { readonly target: Target } | { readonly missing: string };

const minioPackage = goPackage('minio', 'github.com/minio/minio', 'v0.0.0-20260212201848-7aac2a2c5b7c');
const versitygwPackage = goPackage('versitygw', 'github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');
const rclonePackage = goPackage('rclone', 'github.com/rclone/rclone', 'v1.76.0');
const garagePackage = cargoPackage('garage', '2.5.0', [
  ...['--locked', '--no-default-features', '--features', 'bundled-libs,lmdb,sqlite'],
]);

const used = { apart: 'segments used before', isUsed: true } as const;

export const contenders: readonly Contender[] = [
  { name: 'copyset-1', role: 'ours', prepare: ready(copyset({ copies: 1 })) },
  { name: 'copyset-3', role: 'ours', prepare: ready(copyset({ copies: 3 })) },
  { name: 'copyset-used-1', role: 'ours', prepare: ready(copyset({ copies: 1, ...used })) },
  { name: 'copyset-used-3', role: 'ours', prepare: ready(copyset({ copies: 3, ...used })) },
  { name: 'copyset-verifying', role: 'ours', prepare: prepareVerifying },
  { name: 'copyset-wide', role: 'ours', prepare: prepareWide },
  { name: 'nginx', role: 'limit', prepare: prepareNginx },
  { name: 'direct-writes', role: 'limit', prepare: ready(directWrites) },
  { name: 'naming', role: 'limit', prepare: ready(naming) },
  { name: 'slab-receiver', role: 'limit', prepare: ready(slabReceiver) },
  { name: 'event-receiver', role: 'limit', prepare: ready(eventReceiver) },
  { name: 's3rver', role: 'peer', prepare: prepareS3rver },
  { name: 'minio', role: 'peer', prepare: built(minioPackage, minio) },
  { name: 'versitygw', role: 'peer', prepare: built(versitygwPackage, versitygw) },
  { name: 'rclone', role: 'peer', prepare: built(rclonePackage, rclone) },
  { name: 'garage', role: 'peer', prepare: prepareGarage },
  {
    name: 'seaweedfs',
    role: 'peer',
    prepare: async () => ({ missing: 'no package registry has it whole; it is built from its source tree only' }),
  },
];

function ready(target: Target): Contender['prepare'] {
  return async () => ({ target });
}

type MakeTarget = (program: string, version: string) => Target;

function built(recipe: ReturnType<typeof goPackage>, target: MakeTarget): Contender['prepare'] {
  return async () => targetOf(await build(recipe), (program) => target(program, recipe.version));
}

function targetOf(outcome: Built, target: (program: string) => Target): Prepared {
  return 'missing' in outcome ? outcome : { target: target(outcome.program) };
}

async function prepareNginx(): Promise<Prepared> {
  const missing = whyMissing(nginxProgram, 'nginx-light');
  return missing === undefined ? { target: nginx } : { missing };
}

async function prepareGarage(isAsked: boolean): Promise<Prepared> {
  if (!isAsked && !isBuilt(garagePackage)) {
    return { missing: 'its build takes 20 minutes, so it is only built when --only names it' };
  }
  return built(garagePackage, garage)(isAsked);
}

async function prepareS3rver(): Promise<Prepared> {
  const missing = await whyNoS3rver();
  return missing === undefined ? { target: s3rver } : { missing };
}

async function prepareVerifying(): Promise<Prepared> {
  const flags = verifyingFlags();
  if (flags === undefined) return { missing: 'this Copyset has no option to have every read verified' };
  return { target: copyset({ copies: 1, apart: 'verifying every read', flags }) };
}

/** The load has its core still: it gets what the store leaves of it. */
async function prepareWide(): Promise<Prepared> {
  return { target: copyset({ copies: 3, apart: 'both cores', under: pinnedTo([0, 1]) }) };
}
