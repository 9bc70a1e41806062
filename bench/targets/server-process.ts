/** Why: servers that are not ours are started on a free port of the loopback, waited for, and ended by their pid. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const readyWithinMs = 20_000;
const pollMs = 50;

export const loopback = '127.0.0.1';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, loopback);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

type Start = {
  readonly port: number;
  /** Besides the variables of this process. */
  readonly env?: Readonly<Record<string, string>>;
};

/** With its pid, which it has from the start. */
export type ServerProcess = ChildProcess & { readonly pid: number };

/** Resolves when it takes connections. */
export async function startServer(
  command: string,
  args: readonly string[],
  { port, env = {} }: Start,
): Promise<ServerProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
  for (const startedMs = performance.now(); performance.now() < startedMs + readyWithinMs; await wait(pollMs)) {
    if (child.exitCode !== null) throw new Error(`${command} ended with exit code ${child.exitCode}`);
    if (await takesConnections(port)) return child as ServerProcess;
  }
  await endServer(child);
  throw new Error(`${command} took no connection within ${readyWithinMs} ms`);
}

export async function endServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect({ host: loopback, port });
  return once(socket, 'connect')
    .then(
      () => true,
      () => false, // not yet
    )
    .finally(() => socket.destroy());
}
