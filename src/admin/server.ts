/**
 * Why: the admin API has listeners of its own, apart from the S3 door: everything on a Unix socket in the data
 * directory (mode 0600: its owner operates the store), and health, metrics and status on loopback.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { join } from 'node:path';
import { CopysetError } from '../base/errors.ts';
import type { Log } from '../observe/log.ts';
import type { AdminService } from './contract.ts';
import { type Handler, handlerOf } from './handle.ts';
import { socketAddress } from './socket-address.ts';
import { socketName } from './wire.ts';

export type AdminOptions = {
  readonly service: AdminService;
  /** Whoever starts us holds its lock: a socket that lies there is left over. */
  readonly directory: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** The body of a scrape. */
  readonly metrics: () => string;
  /** Why requests cannot be served now; undefined when they can. */
  readonly unready: () => string | undefined;
  readonly log: Log;
};

export type AdminServer = {
  readonly socketPath: string;
  /** URL of the loopback listener. */
  readonly url: string;
  /** Hangs up on everybody. */
  close(): Promise<void>;
};

export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const socketPath = join(options.directory, socketName);
  const address = socketAddress(socketPath);
  const everything = handlerOf(options.service, options.log, () => true);
  try {
    await rm(socketPath, { force: true });
    const local = await listen(everything, { path: address.path });
    await chmod(socketPath, 0o600);
    const loopback = await listen(publicHandler(options), options.listen).catch(async (error: unknown) => {
      await stop(local);
      throw error;
    });
    return {
      socketPath,
      url: urlOf(loopback),
      close: async () => {
        await Promise.all([stop(local), stop(loopback)]);
        address.release();
      },
    };
  } catch (error) {
    address.release();
    throw error;
  }
}

/** Health, metrics and status. */
function publicHandler({ service, log, metrics, unready, listen: { host } }: AdminOptions): Handler {
  const operations = handlerOf(service, log, (name) => name === 'status');
  const pages: Readonly<Record<string, () => { status: number; text: string }>> = {
    '/healthz': () => ({ status: 200, text: 'ok\n' }),
    '/readyz': () => {
      const reason = unready();
      return reason === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `${reason}\n` };
    },
    '/metrics': () => ({ status: 200, text: metrics() }),
  };
  return async (request, response) => {
    if (isLoopback(host) && !isLoopback(nameOf(request))) return refuseName(response);
    const page = Object.hasOwn(pages, request.url ?? '') ? pages[request.url ?? ''] : undefined;
    if (page === undefined) return operations(request, response);
    const { status, text } = page();
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
  };
}

/** A page of the Web may have its own name lead to loopback; it then asks us under that name. */
function refuseName(response: ServerResponse): void {
  response.writeHead(421, { 'content-type': 'text/plain' }).end('ask by the address of the loopback interface\n');
}

function nameOf({ headers }: IncomingMessage): string {
  return URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || /^(::1|\[::1\])$/.test(host);
}

async function listen(handler: Handler, where: ListenOptions): Promise<Server> {
  const server = createServer((request, response) => void handler(request, response));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(where, resolve);
  try {
    await promise;
  } catch (cause) {
    const place = where.path ?? `${where.host}:${where.port}`;
    throw new CopysetError('request.invalid', `cannot listen on ${place}: ${(cause as Error).message}`, { cause });
  }
  return server;
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

async function stop(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
