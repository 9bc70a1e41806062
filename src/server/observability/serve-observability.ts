/**
 * Why: whoever watches a store has a listener of their own, which answers from the first moment of a start to the last
 * one of a stop, and never shares a port, a queue or a limit with clients.
 */
import type { ServerResponse } from 'node:http';
import { cameByForeignName, type Handler, listen, refuseName, stopListening, urlOf } from '../../admin/listener.ts';
import type { Log } from '../../observe/log.ts';
import type { Readiness } from './readiness.ts';

export type ObservabilityOptions = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly readiness: Readiness;
  /** The body of a scrape. */
  readonly scrape: () => Promise<string>;
  readonly log: Log;
};

export type ObservabilityServer = { readonly url: string; close(): Promise<void> };

type Page = { readonly status: number; readonly text: string };

export async function serveObservability(options: ObservabilityOptions): Promise<ObservabilityServer> {
  const server = await listen(handlerOf(options), options.listen);
  return { url: urlOf(server), close: () => stopListening(server) };
}

function handlerOf({ readiness, scrape, log, listen: { host } }: ObservabilityOptions): Handler {
  const pages = new Map<string, () => Page | Promise<Page>>([
    ['/healthz', () => ({ status: 200, text: 'ok\n' })],
    ['/readyz', () => readyPage(readiness.reasons())],
    ['/metrics', async () => ({ status: 200, text: await scrape() })],
  ]);
  return async (request, response) => {
    if (cameByForeignName(request, host)) return refuseName(response);
    const page = pages.get(pathOf(request.url));
    if (page === undefined) return send(response, { status: 404, text: `pages: ${[...pages.keys()].join(' ')}\n` });
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, { status: 405, text: 'only GET and HEAD\n' });
    }
    try {
      send(response, await page());
    } catch (error) {
      log.warn('a page for operators failed', { url: request.url, error });
      send(response, { status: 500, text: 'see the log\n' });
    }
  };
}

function readyPage(reasons: readonly string[]): Page {
  if (reasons.length === 0) return { status: 200, text: 'ok\n' };
  return { status: 503, text: reasons.map((reason) => `${reason}\n`).join('') };
}

/** Probes may add a query. */
function pathOf(url = ''): string {
  return url.split('?', 1)[0] ?? '';
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ : text, version 0.0.4. */
function send(response: ServerResponse, { status, text }: Page): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}
