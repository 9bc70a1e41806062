/**
 * Why: a test of the etcd driver needs a real etcd: one member on loopback, in a folder of its own, gone by pid at the
 * end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyMissing } from './debian.ts';

export type RunningEtcd = {
  /** `host:port` for clients. */
  readonly endpoint: string;
  /** SIGSTOP and SIGCONT: it hangs, and goes on. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the process and starts another over the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

const readyWithinMs = 20_000;
const pollMs = 50;

/** Undefined when etcd can be started here (as root it is installed first), else why not. */
export function whyNoEtcd(): string | undefined {
  return whyMissing('etcd', 'etcd-server');
}

export async function startEtcd(): Promise<RunningEtcd> {
  const folder = await mkdtemp(join(tmpdir(), 'copyset-etcd-'));
  const [client, peer] = [await freePort(), await freePort()];
  let child = await launch(folder, client, peer);
  return {
    endpoint: `127.0.0.1:${client}`,
    signal: (signal) => void child.kill(signal),
    restart: async () => {
      await end(child);
      child = await launch(folder, client, peer);
    },
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true });
    },
  };
}

async function launch(folder: string, client: number, peer: number): Promise<ChildProcess> {
  const [clientUrl, peerUrl] = [client, peer].map((port) => `http://127.0.0.1:${port}`) as [string, string];
  const args = ['--name=one', `--data-dir=${folder}/data`, `--initial-cluster=one=${peerUrl}`, '--logger=zap'];
  args.push(`--listen-client-urls=${clientUrl}`, `--advertise-client-urls=${clientUrl}`);
  args.push(`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`);
  const child = spawn('etcd', args, { stdio: 'ignore' });
  try {
    await waitUntilReady(`${clientUrl}/health`, child);
    return child;
  } catch (error) {
    await end(child);
    throw error;
  }
}

async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  for (const start = performance.now(); performance.now() < start + readyWithinMs; ) {
    if (child.exitCode !== null) throw new Error(`etcd ended with exit code ${child.exitCode}`);
    const answer = await fetch(url).then(
      (response) => response.text(),
      () => '',
    );
    if (answer.includes('"true"')) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(`etcd was not ready at ${url} within ${readyWithinMs} ms`);
}

/** Resolves when the process is gone: its ports are free again. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
