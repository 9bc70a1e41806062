/** Why: one HTTP request becomes one call of the service; its answer goes back as a value or as a stream of lines. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CopysetError } from '../base/errors.ts';
import type { Log } from '../observe/log.ts';
import { type AdminService, type OperationName, operations } from './contract.ts';
import { isOperation, readInput } from './input.ts';
import type { Handler } from './listener.ts';
import { type Line, pathPrefix, statusOf, toWire } from './wire.ts';

const maxInputBytes = 64 * 1024;

/** Serves the operations that `allows` lets through. */
export function handlerOf(service: AdminService, log: Log, allows: (name: OperationName) => boolean): Handler {
  return async (request, response) => {
    try {
      const name = operationOf(request);
      if (!allows(name)) throw new CopysetError('access.denied', `${name} is served on the Unix socket only`);
      const input = readInput(name, request.method === 'GET' ? '' : await readBody(request));
      await answer(service, { name, input }, response);
    } catch (error) {
      log.warn('an admin request failed', { url: request.url, error });
      respond(response, statusOf(error), { error: toWire(error) });
    }
  };
}

function operationOf({ method, url = '' }: IncomingMessage): OperationName {
  const name = url.startsWith(pathPrefix) ? url.slice(pathPrefix.length) : '';
  if (!isOperation(name)) throw new CopysetError('not_found', `nothing is served at ${url}`);
  if (method === 'POST' || (method === 'GET' && name === 'status')) return name;
  throw new CopysetError('request.invalid', `${name} is called by POST`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxInputBytes) throw new CopysetError('request.too_large', `the input exceeds ${maxInputBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

type Call = { readonly name: OperationName; readonly input: Readonly<Record<string, unknown>> };

/** The signal aborts when the caller hangs up. */
async function answer(service: AdminService, { name, input }: Call, response: ServerResponse): Promise<void> {
  const hungUp = new AbortController();
  response.once('close', () => hungUp.abort());
  const { signal } = hungUp;
  if (operations[name].reply === 'value') {
    respond(response, 200, await service[name as 'status'](input, { signal }));
  } else {
    await stream(service[name as 'scrub'](input, { signal }), response, signal);
  }
}

async function stream(values: AsyncIterable<unknown>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const send = async (line: Line) => {
    if (!response.write(`${JSON.stringify(line)}\n`)) await once(response, 'drain', { signal });
  };
  try {
    for await (const value of values) await send({ value });
    await send({ end: true });
  } catch (error) {
    if (!signal.aborted) await send({ error: toWire(error) });
  }
  response.end();
}

/** Nothing to say to one who is gone, nor a second time. */
function respond(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
