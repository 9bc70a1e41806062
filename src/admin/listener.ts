/** Why: what operators ask comes over listeners of their own, on a Unix socket or on the network, all made one way. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { CopysetError } from '../base/errors.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Operators and a scraper or two; a handler never rejects. */
const maxConnections = 256;
const headTimeoutMs = 10_000;

export async function listen(handler: Handler, where: ListenOptions): Promise<Server> {
  const server = createServer(
    { headersTimeout: headTimeoutMs },
    (request, response) => void handler(request, response),
  );
  server.maxConnections = maxConnections;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(where, resolve);
  try {
    await promise;
  } catch (cause) {
    const place = where.path ?? `${where.host?.includes(':') ? `[${where.host}]` : where.host}:${where.port}`;
    throw new CopysetError('request.invalid', `cannot listen on ${place}: ${(cause as Error).message}`, { cause });
  }
  return server;
}

export function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

/** Hangs up on everybody. */
export async function stopListening(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

/**
 * True for a request that another name than that of the loopback interface led to a listener there: a page of the Web
 * may have its own name lead to loopback, and then ask under that name.
 */
export function cameByForeignName({ headers }: IncomingMessage, listenHost: string): boolean {
  const name = URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? '';
  return isLoopback(listenHost) && !isLoopback(name);
}

export function refuseName(response: ServerResponse): void {
  response.writeHead(421, { 'content-type': 'text/plain' }).end('ask by the address of the loopback interface\n');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127(\.\d{1,3}){3}$/.test(host) || /^(::1|\[::1\])$/.test(host);
}
