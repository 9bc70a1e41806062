/** Why: the command line and scripts call a running store as if its service were here. */
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { abortedError, type CallOptions } from '../base/async/abort.ts';
import { CopysetError } from '../base/errors.ts';
import { type AdminService, type OperationName, operations } from './contract.ts';
import { socketAddress } from './socket-address.ts';
import { fromWire, type Line, pathPrefix, socketName, type WireError } from './wire.ts';

/** The service of the store in this directory. Its calls reject with `not_serving` when no process serves it. */
export function connectAdmin(directory: string): AdminService {
  const calls = Object.entries(operations).map(([name, { reply }]) => [
    name,
    (input: unknown, options: CallOptions = {}) => {
      const call = { directory, name: name as OperationName, input };
      return reply === 'value' ? callForValue(call, options) : callForStream(call, options);
    },
  ]);
  return Object.fromEntries(calls) as AdminService;
}

type Call = { readonly directory: string; readonly name: OperationName; readonly input: unknown };

async function callForValue(call: Call, options: CallOptions): Promise<unknown> {
  try {
    return await readJson(await post(call, options));
  } catch (error) {
    throw translate(error, call, options);
  }
}

async function* callForStream(call: Call, options: CallOptions): AsyncGenerator<unknown> {
  let response: IncomingMessage | undefined;
  try {
    response = await post(call, options);
    for await (const text of createInterface({ input: response })) {
      const line = JSON.parse(text) as Line;
      if ('end' in line) return;
      if ('error' in line) throw fromWire(line.error);
      yield line.value;
    }
    throw new CopysetError('closed', `the server ended before ${call.name} did`);
  } catch (error) {
    throw translate(error, call, options);
  } finally {
    response?.destroy();
  }
}

/** Resolves with a response of status 200; any other becomes the error that it carries. */
async function post({ directory, name, input }: Call, { signal }: CallOptions): Promise<IncomingMessage> {
  const address = socketAddress(join(directory, socketName));
  try {
    const response = await send(address.path, pathPrefix + name, { body: JSON.stringify(input), signal });
    if (response.statusCode === 200) return response;
    throw fromWire(((await readJson(response)) as { error: WireError }).error);
  } finally {
    address.release();
  }
}

type Sending = { readonly body: string; readonly signal: AbortSignal | undefined };

function send(socketPath: string, path: string, { body, signal }: Sending): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  request({ socketPath, path, method: 'POST', headers, agent: false, ...(signal && { signal }) }, resolve)
    .on('error', reject)
    .end(body);
  return promise;
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** No directory, no socket, or one that nobody listens on: no process serves the store. */
function translate(error: unknown, { directory, name }: Call, { signal }: CallOptions): unknown {
  if (signal?.aborted) return abortedError(signal);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new CopysetError('not_serving', `no process serves ${directory}`, { cause: error });
  }
  if (code === 'ECONNRESET') {
    return new CopysetError('closed', `the server hung up before ${name} ended`, { cause: error });
  }
  return error;
}
