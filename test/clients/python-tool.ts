/**
 * Why: stock clients come from the Python package index, current, into an environment of their own under .tools/ (kept
 * between runs). Where that cannot be made the tests say why and are skipped.
 */
import { spawn } from 'node:child_process';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Ready } from '../support/dev-process.ts';
import type { Missing } from './support/presence.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const pollMs = 200;

export type PythonTool = { readonly python: string };

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

type Name = 'awscli' | 'boto3' | 'safetensors';

/** The environment that holds `name`; made when there is none, by one of the processes that want it. */
export async function pythonTool(name: Name): Promise<PythonTool | Missing> {
  const folder = `${root}.tools/${name}`;
  const [stamp, lock] = [`${folder}/complete`, `${folder}.lock`];
  await mkdir(dirname(folder), { recursive: true });
  for (; !(await exists(stamp)); await wait(pollMs)) {
    if (!(await take(lock))) continue;
    try {
      if (await exists(stamp)) break;
      const problem = await makeEnvironment(folder, name);
      if (problem !== undefined) return { missing: problem };
      await writeFile(stamp, '');
    } finally {
      await rm(lock, { force: true });
    }
  }
  return { python: pythonIn(folder) };
}

function pythonIn(folder: string): string {
  return `${folder}/bin/python`;
}

/** What went wrong, if anything did. */
async function makeEnvironment(folder: string, name: Name): Promise<string | undefined> {
  await rm(folder, { recursive: true, force: true });
  for (const [command, ...args] of [
    ['python3', '-m', 'venv', folder],
    [pythonIn(folder), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', name],
  ] as const) {
    const { code, err } = await run(command, args);
    if (code !== 0) return `${[command, ...args].join(' ')}: ${err.trim().split('\n').at(-1)}`;
  }
  return undefined;
}

/** False while a process that lives has it. */
async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (holder !== '' && !isAlive(Number(holder))) await rm(lock, { force: true });
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // there is no such process
  }
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
