/** Why: Garage as its own guide starts a single node; its keys are its own to make. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HttpEndpoint } from '../load/endpoint.ts';
import { region } from '../load/signed-head.ts';
import { makeBucket } from './bucket.ts';
import { endServer, freePort, loopback, startServer } from './server-process.ts';
import type { RunningTarget, Target } from './target.ts';

const execute = promisify(execFile);

export function garage(program: string, version: string): Target {
  return {
    name: `Garage ${version}`,
    durable: 'no, by default it syncs nothing',
    lists: true,
    start: (folder) => start(program, folder),
  };
}

async function start(program: string, folder: string): Promise<RunningTarget> {
  const [port, rpcPort] = [await freePort(), await freePort()];
  const path = join(folder, 'garage.toml');
  await writeFile(path, configuration(folder, port, rpcPort));
  const child = await startServer(program, ['-c', path, 'server'], { port, env: { RUST_LOG: 'garage=error' } });
  try {
    const keys = await layOut(program, path);
    const endpoint: HttpEndpoint = { host: loopback, port, ...keys };
    await makeBucket(endpoint);
    return { endpoint, pid: child.pid, stop: () => endServer(child) };
  } catch (error) {
    await endServer(child);
    throw error;
  }
}

type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** One node that holds everything, and a key that may make buckets. */
async function layOut(program: string, path: string): Promise<Keys> {
  const ask = async (...args: readonly string[]) => (await execute(program, ['-c', path, ...args])).stdout;
  const id = (await ask('node', 'id', '-q')).split('@')[0]?.trim() ?? '';
  await ask('layout', 'assign', '-z', 'zone', '-c', '100G', id);
  await ask('layout', 'apply', '--version', '1');
  const printed = await ask('key', 'create', 'bench');
  await ask('key', 'allow', '--create-bucket', 'bench');
  const [accessKeyId] = /\bGK[0-9a-f]+/.exec(printed) ?? [];
  const [secretAccessKey] = /\b[0-9a-f]{64}\b/.exec(printed) ?? [];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  throw new Error(`garage printed no keys: ${printed}`);
}

function configuration(folder: string, port: number, rpcPort: number): string {
  return `
metadata_dir = "${folder}/meta"
data_dir = "${folder}/data"
db_engine = "lmdb"
replication_factor = 1
rpc_bind_addr = "${loopback}:${rpcPort}"
rpc_public_addr = "${loopback}:${rpcPort}"
rpc_secret = "${randomBytes(32).toString('hex')}"
[s3_api]
s3_region = "${region}"
api_bind_addr = "${loopback}:${port}"
root_domain = ".s3.localhost"
`;
}
