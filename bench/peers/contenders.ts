/** Why: who takes part, in the order of the table, and what must be done before each can be started. */
import { whyMissing } from '../../tools/engines/debian.ts';
import { copyset } from '../targets/copyset.ts';
import { garage } from '../targets/garage.ts';
import { minio, rclone, versitygw } from '../targets/go-peers.ts';
import { nginx, nginxProgram } from '../targets/nginx.ts';
import type { Target } from '../targets/target.ts';
import { type Built, build, cargoPackage, goPackage, isBuilt } from './packages.ts';

export type Role = 'ours' | 'limit' | 'peer';

export type Contender = {
  /** As `--only` takes it. */
  readonly name: string;
  readonly role: Role;
  /** Downloads and builds, once. `isAsked`: by its name, and not only because all are. */
  readonly prepare: (isAsked: boolean) => Promise<{ readonly target: Target } | { readonly missing: string }>;
};

const minioPackage = goPackage('minio', 'github.com/minio/minio', 'v0.0.0-20260212201848-7aac2a2c5b7c');
const versitygwPackage = goPackage('versitygw', 'github.com/versity/versitygw/cmd/versitygw', 'v1.8.0');
const rclonePackage = goPackage('rclone', 'github.com/rclone/rclone', 'v1.76.0');
const garagePackage = cargoPackage('garage', '2.5.0', [
  ...['--locked', '--no-default-features', '--features', 'bundled-libs,lmdb,sqlite'],
]);

export const contenders: readonly Contender[] = [
  { name: 'copyset-1', role: 'ours', prepare: async () => ({ target: copyset(1) }) },
  { name: 'copyset-3', role: 'ours', prepare: async () => ({ target: copyset(3) }) },
  { name: 'nginx', role: 'limit', prepare: prepareNginx },
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

type MakeTarget = (program: string, version: string) => Target;

function built(recipe: ReturnType<typeof goPackage>, target: MakeTarget): Contender['prepare'] {
  return async () => targetOf(await build(recipe), (program) => target(program, recipe.version));
}

function targetOf(outcome: Built, target: (program: string) => Target): Awaited<ReturnType<Contender['prepare']>> {
  return 'missing' in outcome ? outcome : { target: target(outcome.program) };
}

async function prepareNginx(): Promise<Awaited<ReturnType<Contender['prepare']>>> {
  const missing = whyMissing(nginxProgram, 'nginx-light');
  return missing === undefined ? { target: nginx } : { missing };
}

async function prepareGarage(isAsked: boolean): Promise<Awaited<ReturnType<Contender['prepare']>>> {
  if (!isAsked && !isBuilt(garagePackage)) {
    return { missing: 'its build takes 20 minutes, so it is only built when --only names it' };
  }
  return built(garagePackage, garage)(isAsked);
}
