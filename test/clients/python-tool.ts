/**
 * Why: stock clients come from the Python package index, current, into an environment of their own under .tools/ (kept
 * between runs). Where that cannot be made the tests say why and are skipped.
 */
import { spawn } from 'node:child_process';
import { access, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Ready } from '../support/dev-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type PythonTool = { readonly python: string } | { readonly missing: string };

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

/** The environment that holds `name`; made when there is none. */
export async function pythonTool(name: 'awscli' | 'boto3' | 'safetensors'): Promise<PythonTool> {
  const folder = `${root}.tools/${name}`;
  const python = `${folder}/bin/python`;
  const stamp = `${folder}/complete`;
  if (await exists(stamp)) return { python };
  await rm(folder, { recursive: true, force: true });
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', folder],
    [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', name],
  ] as const) {
    const { code, err } = await run(command, args);
    if (code !== 0) return { missing: `${[command, ...args].join(' ')}: ${err.trim().split('\n').at(-1)}` };
  }
  await writeFile(stamp, '');
  return { python };
}

/** What AWS clients read their endpoint and key from; nothing of the user's own configuration. */
export function awsEnvironment(ready: Ready): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: ready.endpoint,
    AWS_ACCESS_KEY_ID: ready.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ready.secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    PYTHONUTF8: '1',
  };
}

/** Runs to the end; a command that cannot be started ends with code 127. */
export async function run(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(env === undefined ? {} : { env }) });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.on('error', (error) => resolve({ code: 127, out: '', err: error.message }));
  child.on('close', (code) =>
    resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
  );
  return promise;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
